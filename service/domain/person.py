"""People are names in requests, written by hand: when two of them are one person."""

import unicodedata


def person_key(name: str) -> str:
    """Return what all spellings of a name have in common: "Anna", "ANNA" and " anna " are one person."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def same_person(one: str, other: str) -> bool:
    """Whether two names are the same person's."""
    return person_key(one) == person_key(other)
