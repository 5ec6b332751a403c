"""Everything that can go wrong in a way the caller can act on.

QalibrateError
├── InvalidInput            what was sent is wrong; names every bad field
│   ├── InvalidScorecard    a scorecard file has mistakes, each with its line (in scorecard_file.py)
│   ├── UnknownScorecard    the scorecard that was named is not there
│   ├── InvalidLearnedModels a file of text models is damaged (in grading/learned/file.py)
│   ├── NoFittingScorecard  no scorecard was named and the choice is not clear
│   ├── TooFewLabels        people have not graded enough of it to calibrate anything
│   ├── UnsupportedLanguage the conversation is in a language the service does not grade
│   └── RedactionTooSlow    redacting it took longer than it may
├── NotFound                no such thing for this tenant
├── NoVault                 nothing was kept that could be restored
├── Gone                    it existed and was erased
│   └── VaultGone           what could be restored is forgotten or has expired
├── Conflict                it contradicts what is already there
├── NotAuthenticated        no key, or one that is not (or no longer) valid
├── NotPermitted            the key lacks the scope
│   └── NotThisRater        or whose sheet it is has not been shown
├── TooManyRequests         it comes too often, or more came than can be taken in; says when to try again
├── TooSlow                 the request did not arrive in time
├── TooLarge                the request is larger than the service takes
│   └── TooManyRows         it has more labels than one request may bring
├── ModelRejected           the model's server refuses a request for good
│   ├── PromptTooLong       the model's server says that the request does not fit into the model
│   └── ModelMisconfigured  it would refuse any request: address or model name is wrong
│       └── ModelRefusesKey the key is wrong, or may not use the model
├── TooBusy                 more has been taken in than can be worked off soon
└── Unavailable             something outside the service is away
    ├── DatabaseAway
    │   └── StorageFull     the database has no room left
    ├── ModelAway           the model could not be reached or kept failing
    ├── VaultLocked         none of the configured keys opens the vault
    ├── SecretKeyMissing    none of the configured keys opens what waits sealed
    └── SecretLocked        none of them opens the secret that signs webhooks
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

# What pydantic calls things; who writes JSON knows no tuples, dictionaries or classes of ours.
_IN_JSON = (
    (
        re.compile(r"\ba valid dictionary(?: or (?:object to extract fields from|instance of \w+))?"),
        "an object",
    ),
    (re.compile(r"\ba valid (?:tuple|list|set|frozenset|array)\b"), "a list"),
    (re.compile(r"^(?:Tuple|List|Set|Frozenset) should"), "The list should"),
    (re.compile(r"^Dictionary should"), "The object should"),
    (re.compile(r" after validation, not"), ", not"),
)


class FieldProblem(NamedTuple):
    """One bad field: where it is (an RFC 6901 JSON pointer) and what is wrong with it."""

    pointer: str
    detail: str


def json_pointer(location: Sequence[str | int]) -> str:
    """Return the RFC 6901 pointer of a path of keys and positions; the whole document is ``""``."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)


MOST_PROBLEMS = 100
"""What is wrong beyond that is only counted."""


def field_problems(errors: Sequence[Mapping[str, Any]], skip: int = 0) -> list[FieldProblem]:
    """Return pydantic's errors without the values that are wrong: those may be personal data.

    After MOST_PROBLEMS it only says how many more there are. A list is not called too short for items that
    are complained of. `skip` leaves out the first steps of each path, such as FastAPI's `body`.
    """
    holders = {tuple(error["loc"][:end]) for error in errors for end in range(len(error["loc"]))}
    own = [e for e in errors if not (e.get("type") == "too_short" and tuple(e["loc"]) in holders)]
    first = (FieldProblem(json_pointer(_path(e)[skip:]), _sentence(e)) for e in own[:MOST_PROBLEMS])
    return with_the_rest(first, len(own) - MOST_PROBLEMS)


def with_the_rest(shown: Iterable[FieldProblem], more: int) -> list[FieldProblem]:
    """Return the problems that are shown and, where there are `more` of them, a last one that says so."""
    return [*shown, FieldProblem("", f"and {more:,} more")] if more > 0 else list(shown)


def _path(error: Mapping[str, Any]) -> list[str | int]:
    return [*error["loc"], *error.get("ctx", {}).get("at", [])]


def _sentence(error: Mapping[str, Any]) -> str:
    if error.get("type") == "extra_forbidden":
        return "there is no such key here"
    said = str(error["msg"]).removeprefix("Value error, ")
    for of_python, of_json in _IN_JSON:
        said = of_python.sub(of_json, said)
    return said


class QalibrateError(Exception):
    """Base of all errors with a stable `type` and a sentence for the caller."""

    type = "internal"
    title = "Something went wrong"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes as facts: constructors take other things than the sentence they make."""
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[QalibrateError], args: tuple[Any, ...], facts: dict[str, Any]) -> QalibrateError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error


class InvalidInput(QalibrateError):
    """What was sent is wrong; `problems` names every bad field."""

    type = "invalid-input"
    title = "The input is not valid"

    def __init__(self, problems: Sequence[FieldProblem], detail: str | None = None) -> None:
        self.problems = tuple(problems)
        self.is_about_fields = detail is None
        super().__init__(detail or "; ".join(f"{p.pointer or 'input'}: {p.detail}" for p in self.problems))


class NoFittingScorecard(InvalidInput):
    """No scorecard was named and none, or more than one, fits the conversation equally well."""

    type = "no-fitting-scorecard"
    title = "No single scorecard fits"

    def __init__(self, candidates: Sequence[str], *, tie: bool) -> None:
        self.candidates = tuple(candidates)
        names = ", ".join(candidates) or "none"
        reason = "several scorecards fit equally well" if tie else "no scorecard fits this conversation"
        super().__init__([FieldProblem("/scorecard", f"{reason}; name one of: {names}")])


class UnknownScorecard(InvalidInput):
    """The request names a scorecard, or a revision of one, that this tenant does not have."""

    type = "unknown-scorecard"
    title = "There is no such scorecard"

    def __init__(self, reference: str, known: Sequence[str]) -> None:
        names = ", ".join(sorted(known)) or "none"
        super().__init__(
            [FieldProblem("/scorecard", f"there is no scorecard {reference!r}; there are: {names}")]
        )


class TooFewLabels(InvalidInput):
    """People have not graded enough for what is asked; the sentence says what is missing."""

    type = "too-few-labels"
    title = "There are too few labels"

    def __init__(self, missing: str) -> None:
        super().__init__([FieldProblem("/scorecard", missing)])


class UnsupportedLanguage(InvalidInput):
    """The conversation is in a language that the service does not grade."""

    type = "unsupported-language"
    title = "The language is not supported"


class RedactionTooSlow(InvalidInput):
    """Redacting it took longer than it may; the same text would take as long again."""

    type = "redaction-too-slow"
    title = "Redaction took too long"

    def __init__(self, seconds: float) -> None:
        problem = f"redacting this took longer than {seconds:g} s, and nothing of it was kept"
        remedy = "split the conversation, or raise QALIBRATE_REDACTION_TIMEOUT_S"
        super().__init__([FieldProblem("/conversation", f"{problem}; {remedy}")])


class NotFound(QalibrateError):
    """No such thing for this tenant; another tenant's things look exactly like this."""

    type = "not-found"
    title = "Not found"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"there is no {kind} {name!r}")


class Gone(QalibrateError):
    """It existed and was erased for good."""

    type = "gone"
    title = "Erased"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind} {name!r} was erased")


class NoVault(QalibrateError):
    """Nothing was kept that could be restored: the vault is off, or was when the conversation came."""

    type = "no-vault"
    title = "There is no vault"


class VaultGone(Gone):
    """What could be restored was forgotten, or its time is over."""

    type = "vault-gone"
    title = "The vault is gone"

    def __init__(self, evaluation_id: str, expired_at: datetime | None = None) -> None:
        super().__init__("the vault of evaluation", evaluation_id)
        if expired_at is not None:
            self.detail = (
                f"the vault of evaluation {evaluation_id!r} expired at {expired_at:%Y-%m-%d %H:%M} UTC"
            )


class Conflict(QalibrateError):
    """The request contradicts what is already there."""

    type = "conflict"
    title = "Conflict"


class NotAuthenticated(QalibrateError):
    """No key was sent, or one that is not valid."""

    type = "not-authenticated"
    title = "Not authenticated"


class NotPermitted(QalibrateError):
    """The key is valid and lacks the scope that the call needs."""

    type = "not-permitted"
    title = "Not permitted"

    def __init__(self, scope: str) -> None:
        super().__init__(f"this key lacks the scope {scope!r}")


class NotThisRater(NotPermitted):
    """The key may, but who asks has not shown to be the person whose sheet it is."""

    type = "not-this-rater"
    title = "Not this rater's token"

    def __init__(self) -> None:
        QalibrateError.__init__(
            self, "send the rater's token, which opening the session returned, as `token`"
        )


class TooManyRequests(QalibrateError):
    """More comes than may or can be taken in; `retry_after_s` says when to try again."""

    type = "too-many-requests"
    title = "Too many requests"

    def __init__(self, reason: str, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"{reason}; try again in {retry_after_s} s")


class TooSlow(QalibrateError):
    """Nothing came for so long that the rest of the request is not waited for."""

    type = "request-timeout"
    title = "The request did not arrive in time"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"nothing of the request body came for {seconds:g} s")


class TooLarge(QalibrateError):
    """The request body is larger than the service takes."""

    type = "too-large"
    title = "Too large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"the request body is over {limit_bytes:,} bytes; split it or raise QALIBRATE_MAX_BODY_BYTES"
        )


class TooManyRows(TooLarge):
    """A request brings more rows than can be taken in while it waits."""

    type = "too-many-rows"
    title = "Too many rows"

    def __init__(self, limit: int) -> None:
        remedy = "send them in parts, or as a file with `qalibrate labels import`"
        QalibrateError.__init__(self, f"there are more than {limit:,} rows in one request; {remedy}")


class TooBusy(TooManyRequests):
    """More has been taken in than can be worked off soon."""

    type = "too-busy"
    title = "Too busy"


class ModelRejected(QalibrateError):
    """The model's server refuses our requests, and asking again would not help."""

    type = "model-rejected"
    title = "The model's server refuses the request"


class PromptTooLong(ModelRejected):
    """The model's server says that the request is longer than the model takes."""

    type = "prompt-too-long"
    title = "The request is too long for the model"


class ModelMisconfigured(ModelRejected):
    """The model's server would refuse any request of ours until somebody changes a setting."""

    type = "model-misconfigured"
    title = "The model is not set up rightly"


class ModelRefusesKey(ModelMisconfigured):
    """The model's server does not take our key, or not for this model."""

    type = "model-refuses-key"
    title = "The model's server refuses the key"


class Unavailable(QalibrateError):
    """Something outside the service is away; trying again later may work."""

    type = "unavailable"
    title = "Temporarily unavailable"


class DatabaseAway(Unavailable):
    """The database cannot be reached."""

    type = "database-away"
    title = "The database is away"


class StorageFull(DatabaseAway):
    """The database answers and has no room left; what was committed stays, and nothing new can be."""

    type = "insufficient-storage"
    title = "There is no room left"

    def __init__(self) -> None:
        super().__init__("the disk that holds the database is full; nothing was stored, try again later")


class ModelAway(Unavailable):
    """The model could not be reached, or kept failing until the time allowed was over."""

    type = "model-away"
    title = "The model is away"


class VaultLocked(Unavailable):
    """None of the configured keys opens what was sealed."""

    type = "vault-locked"
    title = "The vault cannot be opened"

    def __init__(self, evaluation_id: str) -> None:
        remedy = "put the key it was sealed with back into QALIBRATE_VAULT_KEY, after the one in use"
        super().__init__(f"no key in QALIBRATE_VAULT_KEY opens the vault of {evaluation_id!r}; {remedy}")


class SecretKeyMissing(Unavailable):
    """None of the configured keys opens what waits sealed; it waits until there is one."""

    type = "secret-key-missing"
    title = "What waits sealed cannot be opened"

    def __init__(self) -> None:
        remedy = "put the key it was sealed with back into QALIBRATE_SECRET_KEY, after the one in use"
        super().__init__(f"no key in QALIBRATE_SECRET_KEY opens the request as it came; {remedy}")


class SecretLocked(Unavailable):
    """None of the configured keys opens the secret that signs a tenant's webhooks."""

    type = "secret-locked"
    title = "The secret cannot be opened"

    def __init__(self, tenant: str) -> None:
        remedy = "put the key it was sealed with back into QALIBRATE_SECRET_KEY, or rotate the secret"
        super().__init__(f"no key in QALIBRATE_SECRET_KEY opens the webhook secret of {tenant!r}; {remedy}")
