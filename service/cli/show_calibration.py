"""A calibration as a person wants to read it: who agrees with people how far, and what follows from it."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from rich.console import Console

from service.cli.calibration_summary import show_summary
from service.cli.figures import Cell, in_figures, print_figures
from service.cli.output import console
from service.cli.page import Page
from service.domain.agreement import (
    Agreement,
    Column,
    DimensionAgreement,
    Estimate,
    HumanCeiling,
    OverallFigures,
    RaterSeverity,
    StandIn,
)
from service.domain.calibration import (
    Basis,
    Calibration,
    Certificate,
    ConfidenceMap,
    DimensionCalibration,
    ScoreMap,
)

_SCALES = {"yes_no": "yes or no", "ordinal": "levels in order", "choice": "choice"}
_LABEL = 16
_COLUMNS = ("Answers", "n", "Exact", "Adjacent", "QWK", "AC2")
_SPARE = ("AC2", "Adjacent")
_ORDER: tuple[Column, ...] = ("constant", "learned", "llm", "signals", "blend")
_COUNT = re.compile(r"\A[0-9][0-9,]* ")
_LOSSES = {"off_by_two": "off by two levels or more", "differs": "other than people's"}


def show_calibration(calibration: Calibration, *, details: bool = False) -> None:
    """Print the way of grading, a line for each dimension, and all dimensions together; with `details` then
    all that is known about each.
    """
    out = console()
    page = Page(out)
    card = calibration.scorecard
    page.line(f"Calibration {calibration.id} of {card.name}@{card.revision}", style="bold")
    page.fields(_made_of(calibration), indent=1, label=_LABEL)
    show_summary(out, page, calibration)
    if calibration.overall is not None and calibration.overall.columns:
        page.heading("All dimensions together")
        known, n = calibration.overall.columns, calibration.overall.conversations
        rows = [(name, n, *_figures(known[name])) for name in _ORDER if name in known]
        print_figures(out, _COLUMNS, rows, spare=_SPARE)
        _show_notes(page, calibration.overall.notes)
    common = _common_notes(calibration.dimensions)
    for one in calibration.dimensions if details else ():
        _show_dimension(out, page, one, common)
    if common:
        page.heading("All dimensions")
        _show_notes(page, (_note_of_many(notes, calibration.dimensions) for notes in common.values()))
    if not details:
        page.line("`--details` shows each dimension: all figures, what its grades follow, raters and notes.")


def _made_of(calibration: Calibration) -> Iterator[tuple[str, str | None]]:
    yield "Grades of", _way(calibration.basis)
    yield "Labelled", f"{calibration.conversations:,} conversations"
    yield "Text models", "belong to it" if calibration.learned else "none"
    for note in calibration.notes:
        yield "Note", note


def _way(basis: Basis) -> str:
    said = (basis.grader, basis.model and f"model {basis.model}", basis.prompt and f"prompt {basis.prompt}")
    return ", ".join(part for part in (*said, f"redactor {basis.redactor}") if part)


def _common_notes(dimensions: Sequence[DimensionCalibration]) -> Mapping[str, Sequence[str]]:
    """Return the notes that more than half of several dimensions have, by what they are about."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in dimensions:
        for note in one.agreement.notes:
            found[_about(note)].append(note)
    most = max(2, len(dimensions) // 2 + 1)
    return {about: notes for about, notes in found.items() if len(notes) >= most}


def _about(note: str) -> str:
    """Return the note without the number that it begins with, which may differ between dimensions."""
    return _COUNT.sub("", note)


def _note_of_many(notes: Sequence[str], dimensions: Collection[DimensionCalibration]) -> str:
    counts = sorted(int(count[0].replace(",", "")) for note in notes if (count := _COUNT.match(note)))
    note = notes[0]
    if counts and counts[0] < counts[-1]:
        note = f"{counts[0]:,} to {counts[-1]:,} {_about(note)}"
    return note if len(notes) >= len(dimensions) else f"{len(notes)} of {len(dimensions)}: {note}"


def _show_dimension(out: Console, page: Page, one: DimensionCalibration, elsewhere: Collection[str]) -> None:
    agreement = one.agreement
    counts = f"{agreement.items:,} conversations, {agreement.labels:,} labels"
    page.heading(f"{one.dimension} ({_SCALES[agreement.scale]}): {counts}")
    if agreement.columns:
        print_figures(out, (*_COLUMNS, "Bias"), list(_rows(agreement)), spare=_SPARE)
    page.fields(_followed(one), indent=1, label=_LABEL)
    page.fields((("Rater", _severity(rater)) for rater in agreement.raters), indent=1, label=_LABEL)
    if agreement.stand_in is not None:
        page.fields([("Stand-in", _stands_in(agreement.stand_in))], label=_LABEL)
    _show_notes(page, (note for note in agreement.notes if _about(note) not in elsewhere))


def _rows(agreement: DimensionAgreement) -> Iterator[Sequence[Cell]]:
    for name in _ORDER:
        if name in agreement.columns:
            of = agreement.columns[name]
            yield name, of.n, *_figures(of), of.bias
    if agreement.ceiling is not None:
        ceiling = agreement.ceiling
        yield "people, each other", ceiling.items, *_figures(ceiling), None


def _figures(of: Agreement | HumanCeiling | OverallFigures) -> tuple[Estimate | None, ...]:
    return of.exact, of.adjacent, of.qwk, of.ac2


def _followed(one: DimensionCalibration) -> Iterator[tuple[str, str | None]]:
    yield "Accepted", _promise(one.certificate) if one.certificate else None
    if one.blend is not None and one.agreement.scale == "ordinal":
        yield "Expected level", "that of blend, the grader's and learned's together"
    else:
        yield "Expected level", _map(one.score_map) if one.score_map else None
    yield "Confidence", _confidence(one.confidence) if one.confidence else None


def _promise(certificate: Certificate) -> str:
    if certificate.threshold is None:
        return f"nothing without a person yet: {certificate.note}"
    promised = (
        f"at most {certificate.risk:.0%} {_LOSSES[certificate.loss]}, {1 - certificate.delta:.0%} certain"
    )
    share = f"{certificate.accepted_share:.0%} of grades, from raw confidence {certificate.threshold:.3f}"
    _, _, more = certificate.note.partition("; ")
    seen = f"{certificate.wrong} of {certificate.labels} labelled ones were"
    return f"{share}: {promised} ({seen}{more and f'; {more}'})"


def _map(score_map: ScoreMap) -> str:
    if score_map.kind == "identity":
        return score_map.gate
    expected = " ".join(f"{level:.2f}" for level in score_map.expected)
    return f"{score_map.kind}, {expected}: {score_map.gate}"


def _confidence(confidence: ConfidenceMap) -> str:
    before, after = in_figures(confidence.ece_before), in_figures(confidence.ece_after)
    return f"calibration error {before} before, {after} after, on {confidence.n:,} labels"


def _severity(rater: RaterSeverity) -> str:
    said = f"{rater.rater}: {rater.labels:,} labels"
    if rater.severity.value is not None:
        said += f", {in_figures(rater.severity)} levels beside the others"
    return f"{said}; {rater.note}" if rater.note else said


def _stands_in(test: StandIn) -> str:
    verdict = "may stand in for one of the raters" if test.passes else "may not stand in for a rater"
    return f"{verdict} ({test.raters} raters, {test.items} items){f'; {test.note}' if test.note else ''}"


def _show_notes(page: Page, notes: Iterable[str]) -> None:
    page.fields((("Note", note) for note in notes), indent=1, label=_LABEL)
