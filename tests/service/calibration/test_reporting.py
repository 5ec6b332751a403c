"""Means and rates of groups of evaluations."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.calibration import reporting
from service.calibration.reporting import group_of
from service.domain.evaluation import AgentRef, Evaluation, Provenance, RedactionSummary, ScorecardRef
from service.domain.grade import Grade, NotApplicable, Ungraded, UngradedReason, Verdict
from service.domain.graded import Graded
from service.domain.label import Label
from service.domain.labelled import LabelledEvaluation
from service.domain.score import score
from service.domain.scorecard import ScorecardRevision
from tests.service.cards import dimension, make_card

WARMTH = {
    "type": "ordinal",
    "levels": [{"level": n, "points": (n - 1) / 4, "anchor": f"Level {n}."} for n in range(1, 6)],
}
CHOICE = {
    "type": "choice",
    "levels": [{"level": x, "points": 0.5, "anchor": x} for x in ("refund", "repair", "neither")],
}
CARD = ScorecardRevision(
    scorecard=make_card(
        dimension("greeting"),
        dimension("warmth", scale=WARMTH, not_applicable="Nobody spoke."),
        dimension("offer", scale=CHOICE),
    ),
    revision=1,
)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday


def outcome(level):
    if level == "na":
        return NotApplicable(reason="-")
    if level is None:
        return Ungraded(reason=UngradedReason.NO_EVIDENCE)
    return Verdict(level=level, rationale="-")


def evaluated(
    number, *, greeting="yes", warmth=3, offer="refund", labels=(), agent="a-1", days=0
):  # one evaluation with these levels and labels
    levels = {"greeting": greeting, "warmth": warmth, "offer": offer}
    grades = tuple(Grade.of(d, "all", outcome(levels[d.id]), "llm") for d in CARD.scorecard.dimensions)
    evaluation = Evaluation(
        id=f"{number:032x}",
        status="completed",
        scorecard=ScorecardRef(name=CARD.name, revision=1),
        language="en",
        call_type="billing",
        agent=AgentRef(id=agent, team="north") if agent else None,
        started_at=START + timedelta(days=days),
        created_at=START + timedelta(days=100),
        score=score(CARD.scorecard, grades),
        grades=grades,
        redaction=RedactionSummary(entities={}, policy="default", version="1"),
        provenance=Provenance(grader="llm", redactor="1"),
    )
    return LabelledEvaluation(evaluation=evaluation, labels=tuple(labels))


def report_of(card, grader, by, evaluations):
    graded = ((Graded.of(one.evaluation), one.labels) for one in evaluations)
    return reporting.report_of(card, grader, by, graded)


def said(dimension_id, *levels, **fields):
    return [
        Label(dimension=dimension_id, rater=f"r{k}", level=level, **fields) for k, level in enumerate(levels)
    ]


def figure(report, dimension_id, answer=None, row=0):
    return next(f for f in report.rows[row].figures if (f.dimension, f.answer) == (dimension_id, answer))


def many(count, labelled, seed=0):
    """Conversations that a machine grades half a level too high, some of them labelled."""
    rng = random.Random(seed)
    for number in range(count):
        truth = rng.choice([1, 2, 3, 3, 4, 4, 5])
        machine = min(5, truth + (rng.random() < 0.5))
        labels = said("warmth", truth) if number < labelled else ()
        yield evaluated(number, warmth=machine, labels=labels, greeting=rng.choice(["yes", "no"])), truth


def test_a_biased_machine_is_corrected_by_what_people_said_of_some():
    pairs = list(many(2_000, labelled=200))
    truth = sum(true for _, true in pairs) / len(pairs)
    found = figure(report_of(CARD, "llm", "all", [one for one, _ in pairs]), "warmth")
    assert found.mean.method == "corrected"
    assert found.mean.low < truth < found.mean.high
    assert found.machine > found.mean.high
    assert found.mean.effective_labels > 200


def test_with_few_labels_only_these_count_and_it_is_said():
    pairs = list(many(500, labelled=12))
    found = figure(report_of(CARD, "llm", "all", [one for one, _ in pairs]), "warmth")
    assert (found.mean.method, found.mean.n) == ("labels_only", 12)
    assert "fewer than 20 labels" in found.mean.note
    assert found.mean.value == pytest.approx(sum(true for _, true in pairs[:12]) / 12)


def test_without_labels_there_is_no_figure_but_the_machines_own():
    report = report_of(CARD, "llm", "all", [evaluated(n, warmth=4) for n in range(50)])
    found = figure(report, "warmth")
    assert (found.mean.value, found.mean.low, found.machine) == (None, None, 4)
    assert "no conversation has a label" in report.notes[0]


def test_labels_of_raters_who_saw_the_grade_count_for_nothing():
    seen = [evaluated(n, labels=said("warmth", 5, blind=False)) for n in range(50)]
    found = figure(report_of(CARD, "llm", "all", seen), "warmth")
    assert (found.mean.n, found.mean.value) == (0, None)


def test_not_applicable_and_ungraded_are_counted_and_in_no_mean():
    levels = [3, 5, "na", None]
    report = report_of(CARD, "llm", "all", [evaluated(n, warmth=level) for n, level in enumerate(levels)])
    found = figure(report, "warmth")
    assert (found.machine, found.graded, found.not_applicable, found.ungraded) == (4, 2, 1, 1)


def test_a_choice_has_a_rate_for_each_answer_and_a_yes_no_one():
    evaluations = [evaluated(n, offer=("refund", "repair")[n % 2], greeting="yes") for n in range(10)]
    report = report_of(CARD, "llm", "all", evaluations)
    assert [figure(report, "offer", x).machine for x in ("refund", "repair", "neither")] == [0.5, 0.5, 0]
    assert figure(report, "greeting", "yes").machine == 1


def test_the_score_of_the_card_is_corrected_where_people_labelled_all_of_it():
    rng = random.Random(1)
    evaluations = []
    for number in range(300):
        truth = rng.choice([1, 3, 5])
        labels = said("greeting", "yes") + said("warmth", truth) + said("offer", "refund")
        evaluations.append(
            evaluated(
                number, warmth=min(5, truth + rng.choice([0, 0, 1])), labels=labels[: 3 * (number < 60)]
            )
        )
    found = figure(report_of(CARD, "llm", "all", evaluations), None)
    assert (found.mean.method, found.mean.n) == ("corrected", 60)
    assert found.mean.value < found.machine


def test_each_agent_has_a_row_and_nobodys_comes_last():
    evaluations = [evaluated(n, agent=agent) for n, agent in enumerate(["b", None, "a", "b"])]
    rows = report_of(CARD, "llm", "agent", evaluations).rows
    assert [(row.group, row.evaluations) for row in rows] == [("a", 1), ("b", 2), (None, 1)]


@pytest.mark.parametrize(
    ("by", "group"), [("day", "2026-03-05"), ("week", "2026-03-02"), ("month", "2026-03-01")]
)
def test_a_period_is_named_by_its_first_day_and_goes_by_when_the_conversation_began(by, group):
    assert group_of(Graded.of(evaluated(0, days=3).evaluation), by) == group


def test_labels_drawn_from_what_looks_bad_do_not_drag_the_mean_down():
    """Low grades were drawn with probability .5, the others with .05; the weights undo that."""
    rng = random.Random(3)
    evaluations, truths = [], []
    for number in range(3_000):
        truth = rng.choice([1, 2, 3, 4, 4, 5, 5])
        machine = min(5, max(1, truth + rng.choice([-1, 0, 0, 0, 1])))
        probability = 0.5 if machine <= 2 else 0.05
        drawn = rng.random() < probability
        labels = said("warmth", truth, probability=probability, stratum="x") if drawn else ()
        evaluations.append(evaluated(number, warmth=machine, labels=labels))
        truths.append(truth)
    found = figure(report_of(CARD, "llm", "all", evaluations), "warmth")
    plain = [one.labels[0].level for one in evaluations if one.labels]
    truth = sum(truths) / len(truths)
    assert found.mean.low < truth < found.mean.high
    assert sum(plain) / len(plain) < found.mean.low


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([1, 2, 5, "na", None]),
            st.lists(st.sampled_from([1, 3, 5, "na", 9]), max_size=3),
            st.sampled_from(["yes", "no", None]),
        ),
        max_size=40,
    )
)
def test_whatever_was_said_a_mean_lies_on_its_scale_and_within_its_interval(given_levels):
    evaluations = [
        evaluated(n, warmth=level, greeting=greeting, labels=said("warmth", *labels))
        for n, (level, labels, greeting) in enumerate(given_levels)
    ]
    for row in report_of(CARD, "llm", "agent", evaluations).rows:
        for found in row.figures:
            top = {None: 100, "warmth": 5}.get(found.dimension, 1)
            if found.mean.value is not None:
                assert 0 <= found.mean.value <= top
            if found.mean.low is not None:
                assert 0 <= found.mean.low <= found.mean.value <= found.mean.high <= top


def test_labels_of_unknown_probability_are_left_out_where_enough_others_are_known():
    drawn = [
        evaluated(n, warmth=n % 3 + 2, labels=said("warmth", n % 2 + 2, probability=0.1)) for n in range(30)
    ]
    picked = [evaluated(100 + n, warmth=3, labels=said("warmth", 1)) for n in range(30)]
    report = report_of(CARD, "llm", "all", drawn + picked)
    found = figure(report, "warmth")
    assert (found.mean.n, found.mean.value) == (30, pytest.approx(2.5, abs=0.1))
    assert "30 labelled conversations without a sampling probability" in report.notes[0]
    assert "of 60 labelled conversations" in report.notes[1]


def test_labels_that_people_picked_themselves_come_with_a_caution():
    picked = [evaluated(n, warmth=3, labels=said("warmth", 1)) for n in range(30)]
    assert (
        "30 labelled conversations without a sampling probability"
        in report_of(CARD, "llm", "all", picked).notes[0]
    )
    drawn = [evaluated(n, warmth=3, labels=said("warmth", 1, probability=0.1)) for n in range(30)]
    assert report_of(CARD, "llm", "all", drawn).notes == ()


def test_conversations_on_which_two_people_tie_count_in_a_rate():
    """Nine of ten people say yes to easy conversations, one of two to the three in ten that are hard."""
    rng = random.Random(4)
    evaluations = []
    for number in range(4_000):
        yes = 0.5 if rng.random() < 0.3 else 0.9
        levels = [("no", "yes")[rng.random() < yes] for _ in range(3)]
        labels = said("greeting", *levels[:2]) if number < 800 else ()
        evaluations.append(evaluated(number, greeting=levels[2], labels=labels))
    found = figure(report_of(CARD, "llm", "all", evaluations), "greeting", "yes")
    assert found.mean.n == 800
    assert found.mean.low < 0.78 < found.mean.high
    assert found.mean.value == pytest.approx(0.78, abs=0.03)


def test_a_conversation_on_which_two_people_tie_counts_in_the_score():
    labels = said("greeting", "yes", "no") + said("warmth", 5, 1) + said("offer", "refund", "repair")
    found = figure(report_of(CARD, "llm", "all", [evaluated(n, labels=labels) for n in range(40)]), None)
    low, high = (score_of(greeting=x, warmth=y) for x, y in (("no", 1), ("yes", 5)))
    assert found.mean.n == 40
    assert low < found.mean.value < high


def score_of(**levels):
    return evaluated(0, **levels).evaluation.score.value


def test_the_same_rater_is_drawn_whatever_the_order_of_labels():
    labels = said("greeting", *["yes", "no"] * 3)
    one, other = (
        report_of(CARD, "llm", "all", [evaluated(n, labels=order) for n in range(30)])
        for order in (labels, labels[::-1])
    )
    assert figure(one, "greeting", "yes").mean == figure(other, "greeting", "yes").mean
    assert 0 < figure(one, "greeting", "yes").mean.value < 1


def test_half_of_the_ties_between_a_level_and_not_applicable_count():
    split = [evaluated(n, labels=said("warmth", n % 5 + 1, "na")) for n in range(400)]
    found = figure(report_of(CARD, "llm", "all", split), "warmth")
    assert 150 < found.mean.n < 250


def test_what_people_call_not_applicable_is_in_no_mean_though_the_machine_gave_a_level():
    rng = random.Random(5)
    evaluations, truths = [], []
    for number in range(2_000):
        absent, truth = rng.random() < 0.3, rng.choice([3, 4, 4, 5])
        machine = 1 if absent else min(5, truth + rng.choice([-1, 0, 0, 0, 1]))
        labels = said("warmth", "na" if absent else truth) if number < 300 else ()
        evaluations.append(evaluated(number, warmth=machine, labels=labels))
        truths += [] if absent else [truth]
    found = figure(report_of(CARD, "llm", "all", evaluations), "warmth")
    assert found.mean.method == "corrected"
    assert found.mean.low < sum(truths) / len(truths) < found.mean.high


def test_a_level_of_people_counts_where_the_machine_said_not_applicable():
    evaluations = [
        evaluated(n, warmth=("na", None)[n % 2], labels=said("warmth", 2 + n % 2)) for n in range(10)
    ]
    assert figure(report_of(CARD, "llm", "all", evaluations), "warmth").mean.value == pytest.approx(2.5)


def by_model(one, model):
    provenance = one.evaluation.provenance.model_copy(update={"model": model})
    return one.model_copy(update={"evaluation": one.evaluation.model_copy(update={"provenance": provenance})})


def two_models(labelled_of_second, count=600, seed=5):
    """The first model grades half a level too high, the second two levels too low; some are labelled."""
    rng = random.Random(seed)
    evaluations, truths = [], []
    for number in range(2 * count):
        truth = rng.choice([2, 3, 4, 5])
        is_first = number < count
        machine = min(5, truth + (rng.random() < 0.5)) if is_first else max(1, truth - 2)
        place = number % count
        labels = said("warmth", truth) if place < (100 if is_first else labelled_of_second) else ()
        one = evaluated(number, warmth=machine, labels=labels)
        evaluations.append(by_model(one, "first" if is_first else "second"))
        truths.append(truth)
    return evaluations, sum(truths) / len(truths)


def test_each_model_is_corrected_by_labels_of_its_own_grades():
    evaluations, truth = two_models(labelled_of_second=60)
    report = report_of(CARD, "llm", "all", evaluations)
    found = figure(report, "warmth")
    assert found.mean.low < truth < found.mean.high
    assert (found.mean.method, found.mean.n) == ("corrected", 160)
    assert "graded in 2 ways" in report.notes[0]


def test_a_model_without_labels_is_left_out_and_it_is_said():
    evaluations, truth = two_models(labelled_of_second=0)
    report = report_of(CARD, "llm", "all", evaluations)
    found = figure(report, "warmth")
    assert found.mean.low < truth < found.mean.high
    assert found.mean.n == 100
    assert "fewer than 20 while another has them" in report.notes[0]


def test_models_with_few_labels_each_leave_the_labels_alone():
    evaluations, _ = two_models(labelled_of_second=12)
    few = [one for n, one in enumerate(evaluations) if n < 15 or n >= 600]
    found = figure(report_of(CARD, "llm", "all", few), "warmth")
    assert (found.mean.method, found.mean.n) == ("labels_only", 27)
    assert "graded in several ways" in found.mean.note
