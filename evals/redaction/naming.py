"""What Presidio's evaluation sets call an entity type, in the words of our redaction."""

from redaction import kinds

_OURS = {
    "BIRTH_DATE": "DATE_OF_BIRTH",
    "CITY": "LOCATION",
    "COUNTRY": "LOCATION",
    "DATE_TIME": "DATE_OF_BIRTH",
    "DOMAIN_NAME": "URL",
    "EMAIL": "EMAIL_ADDRESS",
    "FAC": "LOCATION",
    "FIRST_NAME": "PERSON",
    "GPE": "LOCATION",
    "IBAN": "IBAN_CODE",
    "LAST_NAME": "PERSON",
    "LOC": "LOCATION",
    "NAME": "PERSON",
    "PASSWORD": "SECRET",
    "PER": "PERSON",
    "PHONE": "PHONE_NUMBER",
    "PREFIX": "PERSON",
    "STREET_ADDRESS": "ADDRESS",
    "TITLE": "PERSON",
    "US_BANK_NUMBER": "BANK_ACCOUNT",
    "US_DRIVER_LICENSE": "DRIVER_LICENSE",
    "US_PASSPORT": "PASSPORT",
    "ZIP_CODE": "ADDRESS",
}

LEFT_BY_DESIGN = frozenset(
    {"AGE", "DATE", "DATE_TIME", "NORP", "NRP", "ORG", "ORGANIZATION", "PREFIX", "TIME", "TITLE"}
)
"""Names of what redaction leaves: alone it tells nobody who somebody is. Of dates, those of birth go."""

KNOWN = frozenset(_OURS) | frozenset(_OURS.values()) | LEFT_BY_DESIGN
"""Every name that has a meaning here, whether or not a set has it."""


def expected_type(gold: str) -> str:
    """Return the type that redaction gives such a span when it labels it right; unknown names stay."""
    return gold if gold in kinds.ALL else _OURS.get(gold, gold)
