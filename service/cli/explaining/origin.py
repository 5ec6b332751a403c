"""Where a result comes from: who graded, with which words sent to whom, at which cost; what was taken out."""

from collections.abc import Mapping

from service.cli.in_context import stands
from service.cli.page import Page
from service.cli.show import in_usd
from service.domain.evaluation import Evaluation, Provenance, Usage
from service.usecases.explain import Explanation


def show_redaction(page: Page, explanation: Explanation) -> None:
    """Write what was taken out of the conversation and of the model's words, under which rules."""
    redaction = explanation.evaluation.redaction
    page.heading("Redaction")
    page.fields(
        [
            ("Taken out", _counts(redaction.entities)),
            ("Safety net", f"{redaction.caught} that no rule found" if redaction.caught else None),
            ("In answers", _counts(redaction.answers) if redaction.answers else None),
            ("Policy", redaction.policy),
            ("Rules", redaction.version),
        ]
    )


def show_origin(page: Page, explanation: Explanation) -> None:
    """Write the provenance of the grades and what they cost."""
    evaluation = explanation.evaluation
    if evaluation.provenance is None:
        return
    page.heading("Provenance")
    page.fields(
        [
            *_who(evaluation.provenance),
            ("Quotes", _checked(evaluation)),
            *_what_it_took(evaluation),
            *_digests(evaluation.provenance),
        ]
    )


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "nothing"


def _who(origin: Provenance) -> list[tuple[str, str | None]]:
    return [
        ("Grader", "signals (rules, no model)" if origin.grader == "signals" else origin.grader),
        ("Prompt", origin.prompt),
        ("Model", origin.model and f"{origin.model}, as its server reported it"),
        ("Seed", None if origin.seed is None else str(origin.seed)),
        ("Calibration", origin.calibration),
    ]


def _what_it_took(evaluation: Evaluation) -> list[tuple[str, str | None]]:
    usage = evaluation.usage
    if usage is None or not usage.requests:
        return [("Requests", "none"), ("Latency", f"{usage.latency_ms:,} ms" if usage else None)]
    cost = "no price is known for this model" if usage.cost_usd is None else in_usd(usage.cost_usd)
    return [
        ("Requests", f"{usage.requests}, over {usage.windows} window{'s' * (usage.windows != 1)}"),
        ("Tokens", _tokens(usage)),
        ("Cost", cost),
        ("Latency", f"{usage.latency_ms:,} ms"),
    ]


def _tokens(usage: Usage) -> str:
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    bounds = "; upper bounds, the server reported none" if usage.estimated else ""
    return f"{usage.prompt_tokens:,} sent{cached}, {usage.completion_tokens:,} received{bounds}"


def _checked(evaluation: Evaluation) -> str | None:
    quotes = [piece for grade in evaluation.grades for piece in grade.evidence]
    if evaluation.turns is None or not quotes:
        return None
    standing = sum(stands(evaluation.turns, piece) for piece in quotes)
    result = "every one stands where it says" if standing == len(quotes) else f"only {standing} stand there"
    return f"{len(quotes)} in the grades, compared with the conversation just now: {result}"


def _digests(origin: Provenance) -> list[tuple[str, str | None]]:
    every = origin.requests_sha256 or ((origin.sent_sha256,) if origin.sent_sha256 else ())
    name = "SHA-256 of what was sent"
    return [(f"Payload {n}", f"{digest} ({name})" if n == 1 else digest) for n, digest in enumerate(every, 1)]
