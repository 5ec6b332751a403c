"""A calibration at a glance: a line for each dimension, and what the figures in it are."""

from collections.abc import Sequence

from rich.console import Console

from service.cli.figures import Cell, print_figures
from service.cli.page import Page
from service.domain.agreement import RaterSeverity
from service.domain.calibration import Calibration, Certificate, DimensionCalibration

APART = 0.5
"""Levels: raters that are this far from the others are named."""

_LEARNED = "QWK\nlearned"


def show_summary(out: Console, page: Page, calibration: Calibration) -> None:
    """Print the table and how to read it."""
    grader = calibration.basis.grader
    columns = ("Dimension", "Items", f"QWK\n{grader}", "QWK\npeople", _LEARNED, "Accepted", "Raters\napart")
    rows = [_row(one, calibration) for one in calibration.dimensions]
    page.heading(f"How far answers agree with people's, and what follows for {grader}")
    print_figures(out, columns, rows, spare=(_LEARNED,))
    page.line(
        f"QWK: {grader} with people; people with each other; learned, the text models, with people whose "
        "labels they had not seen."
    )
    certificates = [one.certificate for one in calibration.dimensions if one.certificate]
    if certificates:
        page.line(_promise(certificates[0]))
    if any(row[-1] is not None for row in rows):
        page.line(
            f"Raters apart: {APART:g} levels or more from the others; below 0 is harsher, where more points "
            "are given for higher levels."
        )


def _row(one: DimensionCalibration, calibration: Calibration) -> Sequence[Cell]:
    agreement, grader = one.agreement, calibration.basis.grader
    figures = {name: of.qwk for name, of in agreement.columns.items()}
    people = agreement.ceiling.qwk if agreement.ceiling else None
    return (
        one.dimension,
        agreement.items,
        figures.get(grader),
        people,
        figures.get("learned"),
        _accepted(one.certificate),
        "\n".join(_apart(rater) for rater in agreement.raters if _is_apart(rater)) or None,
    )


def _accepted(certificate: Certificate | None) -> str | None:
    if certificate is None:
        return None
    if certificate.threshold is not None:
        return f"{certificate.accepted_share:.0%}"
    return f"{certificate.labels_missing:,} missing" if certificate.labels_missing else None


def _is_apart(rater: RaterSeverity) -> bool:
    """Whether a rater is certainly not like the others, and far enough from them to matter."""
    by = rater.severity
    if by.value is None or abs(by.value) < APART:
        return False
    return by.low is None or by.high is None or by.low * by.high > 0


def _apart(rater: RaterSeverity) -> str:
    return f"{rater.rater} {rater.severity.value:+.2f}"


def _promise(certificate: Certificate) -> str:
    promised = f"at most {certificate.risk:.0%} wrong, {1 - certificate.delta:.0%} certain"
    return f"Accepted: grades that need no person ({promised}), or how many faultless labels more that takes."
