"""The entity types that this library can find, and which of them are only a last resort."""

PERSON = "PERSON"
LOCATION = "LOCATION"
ADDRESS = "ADDRESS"
PHONE_NUMBER = "PHONE_NUMBER"
EMAIL_ADDRESS = "EMAIL_ADDRESS"
URL = "URL"
IP_ADDRESS = "IP_ADDRESS"
MAC_ADDRESS = "MAC_ADDRESS"
CRYPTO = "CRYPTO"
CREDIT_CARD = "CREDIT_CARD"
IBAN_CODE = "IBAN_CODE"
BANK_ACCOUNT = "BANK_ACCOUNT"
BANK_CODE = "BANK_CODE"
ACCOUNT_NUMBER = "ACCOUNT_NUMBER"
REFERENCE_CODE = "REFERENCE_CODE"
SECRET = "SECRET"  # noqa: S105 - the name of a type
DATE_OF_BIRTH = "DATE_OF_BIRTH"
PASSPORT = "PASSPORT"
DRIVER_LICENSE = "DRIVER_LICENSE"
LICENSE_PLATE = "LICENSE_PLATE"
US_SSN = "US_SSN"
US_ITIN = "US_ITIN"
UK_NINO = "UK_NINO"
UK_NHS = "UK_NHS"
RU_SNILS = "RU_SNILS"
RU_INN = "RU_INN"
RU_OGRN = "RU_OGRN"
RU_OMS = "RU_OMS"
CN_RESIDENT_ID = "CN_RESIDENT_ID"
CN_USCC = "CN_USCC"
ID_NUMBER = "ID_NUMBER"
DIGITS = "DIGITS"
DENIED = "DENIED"

FALLBACK: frozenset[str] = frozenset({ID_NUMBER, DIGITS})
"""Labels for a long number that nothing else claims: any other type wins against them, however short."""

CODES: frozenset[str] = frozenset(
    {
        ACCOUNT_NUMBER,
        BANK_ACCOUNT,
        CREDIT_CARD,
        DRIVER_LICENSE,
        PASSPORT,
        PHONE_NUMBER,
        REFERENCE_CODE,
        UK_NHS,
        US_SSN,
    }
)
"""Types that may need context to be seen; once seen, the value is looked for everywhere else."""

ALL: frozenset[str] = frozenset(
    {
        PERSON,
        LOCATION,
        ADDRESS,
        PHONE_NUMBER,
        EMAIL_ADDRESS,
        URL,
        IP_ADDRESS,
        MAC_ADDRESS,
        CRYPTO,
        CREDIT_CARD,
        IBAN_CODE,
        BANK_ACCOUNT,
        BANK_CODE,
        ACCOUNT_NUMBER,
        REFERENCE_CODE,
        SECRET,
        DATE_OF_BIRTH,
        PASSPORT,
        DRIVER_LICENSE,
        LICENSE_PLATE,
        US_SSN,
        US_ITIN,
        UK_NINO,
        UK_NHS,
        RU_SNILS,
        RU_INN,
        RU_OGRN,
        RU_OMS,
        CN_RESIDENT_ID,
        CN_USCC,
        ID_NUMBER,
        DIGITS,
        DENIED,
    }
)
"""Every type a policy may name."""
