"""What a run has done so far, one line for each finished conversation, so that a run that was killed goes on.

`RUN.json.part` begins with a line that says what the run is made with. A line is written whole when its
conversation is finished; the last one may be torn by a kill and is then done again.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal

from filelock import FileLock, Timeout
from pydantic import ValidationError

from service.domain.base import Model
from service.domain.errors import FieldProblem, InvalidInput, Unavailable
from service.domain.run import RunConversation


class RunNotKept(Unavailable):
    """The run cannot be written any more: the disk is full or gone. What was written stays."""

    type = "run-not-kept"
    title = "The run cannot be written"


class JournalHeader(Model):
    """When the run was begun, and all that its results depend on, by the words people use for it."""

    format: Literal["qalibrate-run-journal@1"] = "qalibrate-run-journal@1"
    created_at: datetime
    made_with: dict[str, str]


class Journal:
    """The journal of one run; `done` are the conversations that are finished, by id."""

    def __init__(self, path: Path, header: JournalHeader, *, fresh: bool = False) -> None:
        """Begin it, or go on with the one that is there unless everything shall be done `fresh`.

        Raises InvalidInput when the one that is there is of another run or in use by one that goes on, or
        when nothing can be written.
        """
        self.path = path
        self.header = header
        self.done: dict[str, RunConversation] = {}
        self._lock = _locked(path)
        try:
            self._file = self._begin(header) if fresh or not _has_content(path) else self._go_on(header)
        except BaseException:
            self._let_go()
            raise

    def add(self, finished: RunConversation) -> None:
        """Write down a finished conversation. Raises RunNotKept."""
        self._line(finished)
        self.done[finished.id] = finished

    def close(self, *, remove: bool = False) -> None:
        """Let go of the file; `remove` it when the run is complete."""
        self._file.close()
        if remove:
            self.path.unlink(missing_ok=True)
        self._let_go()

    def _let_go(self) -> None:
        Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    def _begin(self, header: JournalHeader) -> BinaryIO:
        try:
            self._file = self.path.open("wb", buffering=0)
        except OSError as error:
            raise _unusable(self.path, f"cannot be written: {error.strerror}") from None
        self._line(header)
        return self._file

    def _go_on(self, wanted: JournalHeader) -> BinaryIO:
        try:
            lines = self.path.read_bytes().split(b"\n")
            file = self.path.open("r+b", buffering=0)
        except OSError as error:
            raise _unusable(self.path, f"cannot be used: {error.strerror}") from None
        # What follows the last line end was cut off while it was written.
        whole = lines[:-1]
        self._read(whole, wanted)
        end = sum(len(line) + 1 for line in whole)
        file.truncate(end)
        file.seek(end)
        return file

    def _read(self, lines: list[bytes], wanted: JournalHeader) -> None:
        header = self._header(lines)
        if header is None:
            raise _unusable(self.path, "is no journal of a run; move it away, or start over with --fresh")
        if differing := _differences(header.made_with, wanted.made_with):
            what = ", ".join(differing)
            raise _unusable(
                self.path,
                f"belongs to a run with other settings ({what}); go back to them, or start over with --fresh",
            )
        self.header = header
        for number, line in enumerate(lines[1:], 2):
            try:
                one = RunConversation.model_validate_json(line)
            except ValidationError:
                raise _unusable(self.path, f"line {number} cannot be read; start over with --fresh") from None
            self.done[one.id] = one

    @staticmethod
    def _header(lines: list[bytes]) -> JournalHeader | None:
        try:
            return JournalHeader.model_validate_json(lines[0]) if lines else None
        except ValidationError:
            return None

    def _line(self, content: Model) -> None:
        try:
            self._file.write(content.model_dump_json().encode() + b"\n")
        except OSError as error:
            raise RunNotKept(f"{self.path} cannot be written: {error.strerror}") from None


def _locked(path: Path) -> FileLock:
    """Return a lock that no other run to the same file has; a process that ends lets go of it."""
    if not path.parent.is_dir():
        # The lock would make the folder, which may be a slip of the pen.
        raise _unusable(path, "cannot be written: there is no such folder")
    lock = FileLock(f"{path}.lock", blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise _unusable(path, "is in use by another run; wait for its end, or choose another --out") from None
    except OSError as error:
        raise _unusable(path, f"cannot be written: {error.strerror}") from None
    return lock


def _has_content(path: Path) -> bool:
    """Whether there is a journal; one that was torn within its first line holds nothing."""
    try:
        return path.is_file() and b"\n" in path.read_bytes()
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror}") from None


def _differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [name for name in {**before, **now} if before.get(name) != now.get(name)]


def _unusable(path: Path, why: str) -> InvalidInput:
    return InvalidInput([FieldProblem("", f"{path} {why}")])
