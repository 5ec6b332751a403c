"""`--record` and `--replay`: which recording, and why an answer may be missing from it."""

from pathlib import Path

from service.domain.errors import FieldProblem, InvalidInput
from service.grading.recording import HEADER, AnswerStore, RecordingHeader

_WORDS = {
    "model": "the model",
    "prompt": "the prompt",
    "scorecard": "the scorecard",
    "redactor": "redaction (its rules or its policy)",
    "dataset_sha256": "the conversations or their labels",
    "repeats": "the number of repeats",
}


def begin_recording(folder: Path, header: RecordingHeader, *, fresh: bool = False) -> AnswerStore:
    """Return the store to record into, and write down what with; one that goes on keeps its time.

    Raises InvalidInput when the folder cannot be used, RecordingAway when nothing can be written.
    """
    if folder.exists() and not folder.is_dir():
        raise _unusable(folder, "is no folder")
    store = AnswerStore(folder)
    known = store.header()
    if fresh or known is None or changes(known, header):
        store.write_header(header)
    return store


def open_recording(folder: Path) -> tuple[AnswerStore, RecordingHeader]:
    """Return a recording that is there. Raises InvalidInput when there is none, and BrokenRecording."""
    store = AnswerStore(folder)
    header = store.header()
    if header is None:
        raise _unusable(folder, f"holds no recording: there is no {HEADER} in it; make one with --record")
    return store, header


def changes(recorded: RecordingHeader, now: RecordingHeader) -> list[str]:
    """Return in words what is another now than when it was recorded."""
    return [word for name, word in _WORDS.items() if getattr(recorded, name) != getattr(now, name)]


def why_missing(recorded: RecordingHeader, now: RecordingHeader) -> str:
    """Return the sentence that says why an answer is probably not there."""
    changed = changes(recorded, now)
    if changed:
        return f"since it was recorded, {_listed(changed)} changed; record again with --record"
    return (
        "nothing that it depends on seems to have changed; was the recording broken off? go on with --record"
    )


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _unusable(folder: Path, why: str) -> InvalidInput:
    return InvalidInput([FieldProblem("", f"{folder} {why}")])
