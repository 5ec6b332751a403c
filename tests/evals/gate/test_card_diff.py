"""Two revisions of a scorecard."""

import pytest

from evals.gate.card_changes import changes_of, must_grade_again
from evals.gate.card_diff import card_diff
from service.domain.errors import InvalidInput
from service.domain.scorecard import ScorecardRevision
from tests.evals.gate.runs import card, conversation, evaluation, ordinal, run, simple, yes_no

OLD = card(ordinal("help"), yes_no("greeting"))


def revision(content):
    return ScorecardRevision(scorecard=content, revision=1)


def changed(dimension, **fields):
    return dimension.model_copy(update=fields)


def kinds(old, new):
    return {(one.where, one.what): one.kind for one in changes_of(old, new)}


def test_the_same_card_has_no_changes():
    assert changes_of(OLD, OLD) == []


def test_every_kind_of_change_is_named():
    reworded = changed(ordinal("help"), question="Does the agent solve it?", weight=2.0)
    new = card(reworded, ordinal("needs"), pass_mark=80.0)
    assert kinds(OLD, new) == {
        ("card", "pass_mark"): "counted",
        ("greeting", "dimension"): "removed",
        ("needs", "dimension"): "added",
        ("help", "question"): "reworded",
        ("help", "weight"): "counted",
    }


def test_levels_are_compared_one_by_one():
    scale = ordinal("help").scale
    levels = (
        scale.levels[0].model_copy(update={"anchor": "Other words."}),
        scale.levels[1].model_copy(update={"points": 0.1}),
        *scale.levels[2:4],
    )
    new = card(
        changed(ordinal("help"), scale=scale.model_copy(update={"levels": levels})), yes_no("greeting")
    )
    assert kinds(OLD, new) == {
        ("help, level 1", "anchor"): "reworded",
        ("help, level 2", "points"): "counted",
        ("help, level 5", "level"): "removed",
    }


def test_weights_points_and_pass_mark_ask_for_no_new_grades():
    new = card(changed(ordinal("help"), weight=3.0), yes_no("greeting"), pass_mark=90.0)
    assert must_grade_again(changes_of(OLD, new)) == []
    reworded = card(changed(ordinal("help"), question="Other?"), yes_no("greeting"))
    assert must_grade_again(changes_of(OLD, reworded)) == ["help"]


def graded(content=OLD):
    """Half of the points on help; all on greeting in one of two conversations."""
    return run(
        [
            conversation(
                name,
                [evaluation(content, {"help": 3, "greeting": word})],
                [("help", 3), ("greeting", word)],
            )
            for name, word in (("a", "yes"), ("b", "no"))
        ],
        content,
    )


def test_one_run_is_scored_again_when_only_weights_change():
    new = card(changed(ordinal("help"), weight=3.0), yes_no("greeting"))
    found = card_diff(revision(OLD), revision(new), [graded()])
    assert found.regraded is None
    # a: (50 + 100) / 2 = 75 before, (3 * 50 + 100) / 4 = 62.5 after; b: 25, then 37.5.
    assert found.scores.mean_change == pytest.approx((62.5 - 75 + 37.5 - 25) / 2)
    assert found.scores.flips == ()
    assert "nothing has to be graded again" in found.notes[0]


def test_another_pass_mark_flips_verdicts_of_machine_and_people_alike():
    new = card(ordinal("help"), yes_no("greeting"), pass_mark=80.0)
    found = card_diff(revision(OLD), revision(new), [graded()]).scores
    (flip,) = found.flips
    assert (flip.conversation, flip.passed_before, flip.passed_after) == ("a", True, False)
    assert (flip.people_before, flip.people) == (True, False)
    assert (found.labelled, found.agreed_before, found.agreed_after) == (2, 2, 2)


def test_a_run_of_the_newer_card_does_as_well():
    new = card(ordinal("help"), yes_no("greeting"), pass_mark=80.0)
    found = card_diff(revision(OLD), revision(new), [graded(new)]).scores
    assert [(one.passed_before, one.passed_after) for one in found.flips] == [(True, False)]


def test_runs_of_both_cards_show_which_answers_flip_and_at_what_cost():
    new = card(changed(ordinal("help"), question="Other?"))
    people = [3] * 30
    base = simple(people, people, content=card())
    newer = simple([1] * 15 + [3] * 15, people, content=new)
    found = card_diff(revision(card()), revision(new), [newer, base])
    assert len(found.regraded.comparison.flips) == 15
    assert found.regraded.comparison.tests[0].worse
    assert found.scores.conversations == 30


def test_reworded_dimensions_ask_for_a_run_of_the_other_card():
    new = card(changed(ordinal("help"), question="Other?"), yes_no("greeting"))
    notes = card_diff(revision(OLD), revision(new), [graded()]).notes
    assert "may be others now: help" in notes[0]
    assert "eval run" in notes[1]


def test_a_run_of_a_third_card_is_bad_input():
    with pytest.raises(InvalidInput, match="other content"):
        card_diff(revision(OLD), revision(card(pass_mark=1.0)), [simple([3], [3])])


def test_two_runs_of_one_card_are_bad_input():
    with pytest.raises(InvalidInput, match="at most one of each"):
        card_diff(revision(OLD), revision(card()), [graded(), graded()])
