"""WebVTT captions (W3C, "WebVTT: The Web Video Text Tracks Format")."""

from collections.abc import Collection

from service.formats.captions import blocks_of, read_cue, to_utterances
from service.formats.utterance import Utterance, bad_content, lines_of

_NO_CUES = ("NOTE", "STYLE", "REGION")


def read_webvtt(content: str, given: Collection[str]) -> list[Utterance]:
    """Return the utterances of a WebVTT file; `given` are names known to be speakers."""
    lines = lines_of(content)
    if lines[0].split(maxsplit=1)[:1] != ["WEBVTT"]:
        raise bad_content("a WebVTT file begins with the line WEBVTT; add it, or name another format", 1)
    _check_header(lines)
    blocks = [(number, block) for number, block in blocks_of(lines) if number > 1]
    cues = [read_cue(number, block) for number, block in blocks if not _is_no_cue(block)]
    return to_utterances(cues, given)


def _check_header(lines: list[str]) -> None:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            return
        if "-->" in line:
            raise bad_content("the first cue stands in the header; leave a blank line after WEBVTT", number)


def _is_no_cue(block: list[str]) -> bool:
    word = block[0].split(maxsplit=1)[0]
    return word in _NO_CUES and not any("-->" in line for line in block[:2])
