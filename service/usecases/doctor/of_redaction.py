"""Whether redaction loads and takes out what was planted."""

from service.domain.errors import QalibrateError
from service.domain.finding import Finding, fail, ok
from service.domain.transcript import Conversation, Language, Turn
from service.usecases.redact import RedactConversation

PLANTED = "4111 1111 1111 1111"
"""The test number of a card; no card has it."""

_LINES: dict[Language, str] = {
    "en": f"My card number is {PLANTED}.",
    "ru": f"Номер моей карты {PLANTED}.",
    "zh": f"我的卡号是{PLANTED}。",
}


async def of_redaction(redact: RedactConversation) -> list[Finding]:
    """Return how redaction does, by language."""
    return [await _of(redact, language) for language in _LINES]


async def _of(redact: RedactConversation, language: Language) -> Finding:
    check = f"redaction {language}"
    turn = Turn(speaker="customer", text=_LINES[language])
    try:
        done = await redact(Conversation(language=language, turns=(turn,)))
    except QalibrateError as error:
        return fail(check, error.detail)
    except Exception as error:
        return fail(check, f"does not load ({type(error).__name__})", "install the requirements again")
    if PLANTED in done.conversation.turns[0].text:
        return fail(check, "left a planted card number in", "look at CREDIT_CARD in QALIBRATE_POLICY")
    return ok(check, f"takes a planted card number out (rules {done.summary.version})")
