"""Numbers with their nouns."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return `1 failure` or `2 failures`; `many` where the plural is not made with an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
