import math
from statistics import fmean

import numpy as np
import pytest
from scipy.stats import t

from service.calibration.cases import cases_of
from service.calibration.describe import describe
from service.calibration.overall import overall
from service.domain.score import score
from tests.service.calibration.making import graded, label, two_dimensions

CARD = two_dimensions().scorecard
LEVELS = [1, 2, 3, 4, 5, 5, 4, 4, 2, 3, 5, 1]


def evaluations(levels=LEVELS, greeting="yes"):
    """The machine reads one too high on every third tone; all greet, and people say so but for two."""
    rows = []
    for k, level in enumerate(levels):
        said = "no" if k in (2, 5) else greeting
        rows.append(
            graded(k, label("tone", level), label("greeting", said), tone=min(5, level + (k % 3 == 0)))
        )
    return [
        one.model_copy(
            update={
                "evaluation": one.evaluation.model_copy(update={"score": score(CARD, one.evaluation.grades)})
            }
        )
        for one in rows
    ]


def test_overall_figures_are_the_mean_of_the_dimensions():
    rows = evaluations()
    found = overall(CARD, rows)
    each = [describe(dimension, cases_of(dimension, rows)) for dimension in CARD.dimensions]
    assert found.dimensions == ("tone", "greeting")
    assert found.conversations == 12
    for name in ("exact", "qwk", "ac2", "alpha"):
        mean = fmean(getattr(one.columns["llm"], name).value for one in each)
        assert getattr(found.columns["llm"], name).value == pytest.approx(mean, abs=1e-12)
    assert found.columns["llm"].adjacent.value == each[0].columns["llm"].adjacent.value


def test_the_interval_leaves_one_conversation_out_of_all_dimensions_at_once():
    rows = evaluations()
    tone = [float(one.labels[0].level == one.evaluation.grades[0].level) for one in rows]
    greeting = [float(one.labels[1].level == one.evaluation.grades[1].level) for one in rows]
    means = [fmean(pair) for pair in zip(tone, greeting, strict=True)]
    # For shares over the same conversations this is the interval of the mean of each one's own mean.
    spread = 2.200985 * np.std(means, ddof=1) / np.sqrt(12)
    found = overall(CARD, rows).columns["llm"].exact
    assert (found.low, found.high) == pytest.approx((fmean(means) - spread, fmean(means) + spread), abs=1e-6)


def test_a_column_that_lacks_a_dimension_has_no_overall_figure():
    rows = evaluations()
    found = overall(CARD, rows, {"tone": {"learned": {f"e{k}": 3 for k in range(12)}}})
    assert set(found.columns) == {"constant", "llm"}
    assert "no overall figure of 'learned': no answers on greeting" in found.notes


def test_a_dimension_with_hardly_any_label_is_left_out_and_it_says_so():
    rows = [
        one.model_copy(update={"labels": one.labels if k < 3 else one.labels[:1]})
        for k, one in enumerate(evaluations())
    ]
    found = overall(CARD, rows)
    assert found.dimensions == ("tone",)
    assert found.notes == ("1 of 2 dimensions have fewer than 5 items: left out",)


def test_a_figure_that_is_not_defined_on_a_dimension_says_over_how_many_it_is():
    everybody_greets = [
        one.model_copy(update={"labels": (one.labels[0], label("greeting", "yes"))}) for one in evaluations()
    ]
    found = overall(CARD, everybody_greets).columns["llm"].qwk
    assert found.note == "mean of 1 dimensions: it is not defined on 1 others"


def test_who_passes_is_compared_by_the_score_that_people_give():
    found = overall(CARD, evaluations()).passed
    assert found.n == 12
    assert found.confusion.answers == ("fail", "pass")
    # People fail two conversations for the greeting (it fails the card); the machine sees none of them.
    assert found.confusion.counts[0][1] >= 2
    assert found.exact.value == sum(found.confusion.counts[k][k] for k in (0, 1)) / 12


def test_nobody_passes_where_people_never_labelled_all_that_the_score_needs():
    rows = [one.model_copy(update={"labels": one.labels[:1]}) for one in evaluations()]
    assert overall(CARD, rows).passed is None


def test_nothing_labelled_gives_nothing():
    found = overall(CARD, [graded(0), graded(1)])
    assert (found.conversations, found.dimensions, found.columns, found.passed) == (0, (), {}, None)
    assert overall(CARD, []).columns == {}


def uneven():
    """Some labels missing and some N/A, so that the dimensions are about different conversations."""
    rows = []
    for k, level in enumerate(LEVELS * 2):
        labels = [label("greeting", "no" if k % 7 == 2 else "yes")] if k % 4 else []
        labels += [label("tone", "na" if k % 9 == 4 else level)] if k % 5 else []
        # The machine greets in all but a few, some of them the same.
        row = graded(k, *labels, tone=min(5, level + (k % 3 == 0)))
        answer = "no" if k % 7 == 2 and k % 2 else "yes"
        grades = (row.evaluation.grades[0], row.evaluation.grades[1].model_copy(update={"level": answer}))
        rows.append(
            row.model_copy(update={"evaluation": row.evaluation.model_copy(update={"grades": grades})})
        )
    return rows


@pytest.mark.parametrize("name", ["qwk", "ac2", "alpha"])
def test_the_interval_is_what_computing_everything_again_without_each_conversation_gives(name):
    rows = [one for one in uneven() if one.labels]

    def value(some):
        return getattr(overall(CARD, some).columns["llm"], name).value

    whole = value(rows)
    without = np.array([value(rows[:k] + rows[k + 1 :]) for k in range(len(rows))])
    n = len(rows)
    error = math.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum())
    spread = t.ppf(0.975, n - 1) * error / (1 - whole**2)
    found = getattr(overall(CARD, rows).columns["llm"], name)
    assert (found.value, found.n) == (pytest.approx(whole, abs=1e-12), n)
    assert found.low == pytest.approx(math.tanh(math.atanh(whole) - spread), abs=1e-9)
    assert found.high == pytest.approx(math.tanh(math.atanh(whole) + spread), abs=1e-9)
