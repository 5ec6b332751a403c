"""Agreement that was asked for: reached, missed, or from too few labels to say."""

from collections.abc import Iterator, Sequence

from evals.gate.judgement import OVERALL, Threshold
from evals.gate.options import Least
from service.domain.agreement import (
    Agreement,
    DimensionAgreement,
    Estimate,
    OverallAgreement,
    OverallFigures,
)
from service.domain.errors import FieldProblem, InvalidInput
from service.domain.grade import GraderName

_NONE = Estimate(value=None, n=0, note="nothing was both labelled and graded")


def thresholds_of(
    asked: Sequence[Least],
    agreement: Sequence[DimensionAgreement],
    whole: OverallAgreement,
    grader: GraderName,
    min_n: int,
) -> list[Threshold]:
    """Return what became of each threshold on each dimension that it is about, or over all of them.

    Raises InvalidInput for a dimension that the scorecard does not have, and a figure that exists on none.
    """
    known = {one.dimension for one in agreement}
    for least in asked:
        if least.dimension not in (None, OVERALL, *known):
            listed = ", ".join((OVERALL, *sorted(known)))
            problem = f"--min-agreement: there is no dimension {least.dimension!r}; there are: {listed}"
            raise InvalidInput([FieldProblem("", problem)])
    return [
        one for least in asked for one in _of(least, list(_about(least, agreement, whole, grader)), min_n)
    ]


def _of(
    least: Least, about: Sequence[tuple[str, Agreement | OverallFigures | None]], min_n: int
) -> list[Threshold]:
    if not about:
        problem = f"--min-agreement {least.figure}={least.value:g}: on no dimension have levels an order"
        raise InvalidInput([FieldProblem("", problem)])
    found = [_threshold(least, name, figures, min_n) for name, figures in about]
    if any(one.judged for one in found):
        return found
    return [one.model_copy(update={"unanswered": True}) for one in found]


def _about(
    least: Least, agreement: Sequence[DimensionAgreement], whole: OverallAgreement, grader: GraderName
) -> Iterator[tuple[str, Agreement | OverallFigures | None]]:
    """A threshold for all dimensions is about those on whose scale the figure exists."""
    if least.dimension == OVERALL:
        yield OVERALL, whole.columns.get(grader)
    for one in agreement:
        exists = least.figure != "adjacent" or one.scale == "ordinal"
        if least.dimension == one.dimension or (least.dimension is None and exists):
            yield one.dimension, one.columns.get(grader)


def _threshold(least: Least, name: str, figures: Agreement | OverallFigures | None, min_n: int) -> Threshold:
    estimate = _figure(figures, least)
    judged = estimate.value is not None and estimate.n >= min_n
    missed = judged and estimate.value is not None and estimate.value < least.value
    return Threshold(
        dimension=name,
        figure=least.figure,
        asked=least.value,
        found=estimate,
        judged=judged,
        missed=missed,
        why=_why(least, estimate, min_n, missed=missed),
    )


def _figure(figures: Agreement | OverallFigures | None, least: Least) -> Estimate:
    if figures is None:
        return _NONE
    estimate: Estimate | None = getattr(figures, least.figure)
    if estimate is None:
        return Estimate(value=None, n=figures.exact.n, note="the levels of this scale have no order")
    return estimate


def _why(least: Least, estimate: Estimate, min_n: int, *, missed: bool) -> str:
    what = f"{least.figure} of at least {least.value:g}"
    if estimate.n < min_n:
        return (
            f"{what} was not judged: {estimate.n} items are labelled and graded, it takes {min_n} (--min-n)"
        )
    if estimate.value is None:
        return f"{what} was not judged: {estimate.note or 'it is not defined here'}"
    found = f"{least.figure} is {estimate.value:.3f}{_ends(estimate)} over {estimate.n} items"
    text = f"{found}, asked for is {least.value:g}"
    if missed and estimate.high is not None and estimate.high >= least.value:
        return f"{text}; the interval reaches it, more labels would tell"
    return text


def _ends(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f" (95 %: {estimate.low:.3f} to {estimate.high:.3f})"
