"""SubRip captions (`.srt`): a number, a timing line, the words, a blank line."""

from collections.abc import Collection

from service.formats.captions import blocks_of, read_cue, to_utterances
from service.formats.utterance import Utterance, lines_of


def read_srt(content: str, given: Collection[str]) -> list[Utterance]:
    """Return the utterances of a SubRip file; `given` are names known to be speakers."""
    return to_utterances([read_cue(number, block) for number, block in blocks_of(lines_of(content))], given)
