"""Figures and strangers' words as every report shows them."""

import re
from collections.abc import Iterator, Sequence

from evals.gate.floors import named
from evals.gate.judgement import OVERALL, Comparison, Flip, LossTest, RunReport, Said, Threshold
from service.cli.output import printable
from service.domain.agreement import Estimate
from service.domain.scorecard import LevelValue

NOTHING = "–"
# CI systems look for `::name` at the beginning of a line and for `##[name]` anywhere in it.
_COMMAND = re.compile(r"([:#])(?=\1)")


def plain(text: str, longest: int | None = None) -> str:
    """Return strangers' text on one line, shortened, so that neither a terminal nor a CI system that reads
    along takes it for a command.
    """
    text = _COMMAND.sub(r"\1 ", printable(text))
    return text if longest is None or len(text) <= longest else text[: longest - 1] + "…"


def minus(text: str) -> str:
    """Return a figure with a proper minus."""
    return text.replace("-", "−")


def figure(value: float | None, form: str = ".2f") -> str:
    """Return a figure, or a dash where there is none; nothing rounds to minus nought."""
    return NOTHING if value is None else minus(format(value + 0.0, f"z{form}"))


def signed(value: float | None, form: str = ".3f") -> str:
    """Return a difference with its sign."""
    return NOTHING if value is None else minus(format(value + 0.0, f"+z{form}"))


def with_interval(estimate: Estimate | None, form: str = ".2f") -> str:
    """Return a figure with its interval, as far as they are known."""
    if estimate is None or estimate.value is None:
        return NOTHING
    text = figure(estimate.value, form)
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} [{figure(estimate.low, form)}, {figure(estimate.high, form)}]"


def p_value(value: float) -> str:
    """Return a p-value without more digits than it has."""
    return "<.001" if value < 0.001 else figure(value, ".3f").lstrip("0") or "0"


def result(test: LossTest) -> str:
    """Return what a test says, in a word or two."""
    if test.worse:
        return "worse"
    return "too few" if test.detectable is None else "not worse"


def threshold_result(threshold: Threshold) -> str:
    """Return what became of a threshold, in a word or two."""
    if not threshold.judged:
        return "not judged"
    return "missed" if threshold.missed else "met"


def answers(values: Sequence[LevelValue | None]) -> str:
    """Return several answers on one line, such as ``4 4 5``; the same everywhere stands once."""
    texts = [plain(named(value)) for value in values]
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)


def arrow(flip: Flip) -> str:
    """Return the old and the new answer."""
    return f"{plain(named(flip.base.answer))} → {plain(named(flip.new.answer))}"


def people(flip: Flip) -> str:
    """Return what people said: all labels, and what they said together where they differ."""
    if not flip.people:
        return "no label"
    if len(set(flip.people)) == 1:
        return f"{plain(named(flip.people[0]))}" + (f" (×{len(flip.people)})" if len(flip.people) > 1 else "")
    together = "no majority" if flip.consensus is None else f"together {plain(named(flip.consensus))}"
    return f"{answers(flip.people)} ({together})"


def effect(flip: Flip) -> str:
    """Return whether a flip went towards people or away from them, and whether it is but wavering."""
    text = flip.effect or "unknown"
    return f"{text}, wavering" if flip.wavering else text


def reason(said: Said, longest: int = 300) -> str:
    """Return why an answer was given, with the words that prove it, on one line."""
    quotes = " ".join(f"[{quote.turn}] “{plain(quote.text, longest)}”" for quote in said.quotes[:3])
    return " ".join(part for part in (plain(said.why or "", longest), quotes) if part)


def power_sentences(comparison: Comparison) -> Iterator[str]:
    """Yield how large a loss this set could have shown at all."""
    tests = [test for test in comparison.tests if test.detectable is not None]
    whole = next((test for test in tests if test.dimension == OVERALL), None)
    parts = [test for test in tests if test.dimension != OVERALL]
    for test in comparison.tests:
        if test.dimension == OVERALL and test.note:
            yield f"Overall: {test.note}."
    said = [] if whole is None else [f"overall {figure(whole.detectable)}"]
    if parts:
        ends = sorted(test.detectable or 0.0 for test in parts)
        span = figure(ends[0]) if len(parts) == 1 else f"{figure(ends[0])} to {figure(ends[-1])}"
        said.append(f"{parts[0].dimension if len(parts) == 1 else 'on single dimensions'} {span}")
    if said:
        yield (
            "Power: this set would show, in 4 of 5 tries, a growth of the distance by about "
            f"{', '.join(said)}. Smaller losses may pass unseen; more labelled conversations show them."
        )
    blind = [test for test in comparison.tests if test.note and test.dimension != OVERALL]
    if blind:
        yield f"Too few labels to notice any loss: {', '.join(f'{t.dimension} ({t.n})' for t in blind)}."


def stability_sentences(comparison: Comparison) -> Iterator[str]:
    """Yield how much each run wavers by itself, where it graded each conversation several times."""
    for side in ("base", "new"):
        known = [(one.dimension, getattr(one, side)) for one in comparison.stability]
        shares = ", ".join(f"{name} {share:.0%}" for name, share in known if share is not None)
        if shares:
            yield f"Answers that differ between repeats of the {side} run: {shares}."


def of_repeats(report: RunReport) -> str:
    """Return which repeats figures of agreement are of, as the end of a title; empty without repeats."""
    repeats = report.source.repeats
    return f", first of {repeats} repeats" if repeats > 1 else ""


def agreement_notes(report: RunReport) -> Iterator[str]:
    """Yield what is missing for figures of agreement, or misleads in them, once for all dimensions alike."""
    about: dict[str, list[str]] = {}
    for one in report.agreement:
        for note in one.notes:
            about.setdefault(note, []).append(one.dimension)
    for note in report.overall.notes:
        yield f"overall: {note}"
    passed = report.overall.passed
    if passed is not None:
        share = with_interval(passed.exact, ".0%")
        yield f"Pass or fail is as by people's own answers in {share} of {passed.n} conversations."
    for note, names in about.items():
        yield f"{'all dimensions' if len(names) == len(report.agreement) > 1 else ', '.join(names)}: {note}"


def listed(values: Sequence[str], shown: int = 4) -> str:
    """Return values on one line, the first of many."""
    more = f" and {len(values) - shown} more" if len(values) > shown else ""
    return ", ".join(plain(value, 80) for value in values[:shown]) + more
