"""Writes a file so that nobody ever sees a part of it."""

import uuid
from contextlib import suppress
from pathlib import Path


def write_atomically(path: Path, text: str, *, encoding: str = "utf-8") -> None:
    """Put `text` into the file `path`, whole or not at all. Raises OSError, and leaves nothing behind then.

    Line ends stay as they are.
    """
    # Not `tempfile`: its files are for one user alone, and this one shall be as readable as any other.
    temporary = path.with_name(f".{path.name[:80]}.{uuid.uuid4().hex[:12]}.tmp")
    try:
        with temporary.open("x", encoding=encoding, newline="") as file:
            file.write(text)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
