"""Runs with repeats, equally many or not: what is compared, and what is said of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.gate.drift import drift_between
from evals.gate.judging import judged
from evals.gate.options import GateOptions
from evals.gate.reports.drift_table import notes as drift_notes
from evals.gate.reports.html import html
from evals.gate.reports.markdown import markdown
from tests.evals.gate.runs import simple

LEVELS = st.integers(1, 5)
WAVERING = st.lists(st.tuples(LEVELS, LEVELS, LEVELS, LEVELS), min_size=6, max_size=12)


def repeated(answers, people=None, **more):
    """A run with as many repeats as each of the answers has."""
    made = simple(answers, people or [3] * len(answers), **more)
    return made.model_copy(update={"repeats": len(answers[0])})


def judge(base, new):
    return judged(base, new, GateOptions())


def figures(judgement):
    """What was tested and what flipped, without what repeats tell about wavering."""
    tests = [test.model_copy(update={"wavering": None}) for test in judgement.comparison.tests]
    flips = [(f.conversation, f.base.answer, f.new.answer, f.change) for f in judgement.comparison.flips]
    return tests, flips


@given(WAVERING)
def test_repeats_that_only_one_run_has_change_neither_tests_nor_flips(rows):
    base, new = [row[:1] for row in rows], [row[1:] for row in rows]
    once = figures(judge(repeated(base), repeated([row[:1] for row in new])))
    assert figures(judge(repeated(base), repeated(new))) == once
    back = figures(judge(repeated([row[:1] for row in new]), repeated(base)))
    assert figures(judge(repeated(new), repeated(base))) == back


@given(WAVERING)
def test_repeats_that_only_one_run_has_make_no_drift(rows):
    base, new = [row[:1] for row in rows], [row[1:] for row in rows]
    once = drift_between(repeated(base), repeated([row[:1] for row in new]))
    assert drift_between(repeated(base), repeated(new)).dimensions == once.dimensions


def test_a_judge_that_errs_one_way_now_and_then_has_not_drifted_when_only_one_run_has_repeats():
    rng = np.random.default_rng(0)
    low = 3 - (rng.random((100, 6)) < 0.1).astype(int)
    base, new = ([tuple(map(int, row)) for row in part] for part in (low[:, :1], low[:, 1:]))
    assert not any(one.drifted for one in drift_between(repeated(base), repeated(new)).dimensions)


def test_unequal_repeats_are_told_in_every_report():
    base, new = repeated([(3,)] * 8), repeated([(3, 4, 3)] * 8)
    found = judge(base, new)
    said = [note for note in found.comparison.notes if "the first repeat is compared" in note]
    assert len(said) == 1
    assert "base run has 1 repeat and the newer one 3 repeats" in said[0]
    assert "the first repeat is compared" in markdown(found)
    assert "the first repeat is compared" in html(found)
    assert any("the first repeat is compared" in note for note in drift_notes(drift_between(base, new)))


def test_equal_repeats_need_no_such_note():
    one = repeated([(3, 4, 3)] * 8)
    assert not any("compared" in note for note in judge(one, one).comparison.notes)


def test_a_conversation_that_lacks_repeats_is_told_and_compared_on_what_both_have():
    base = repeated([(3, 3, 3)] * 8)
    new = simple([(3,), *[(3, 3, 3)] * 7], [3] * 8).model_copy(update={"repeats": 3})
    found = judge(base, new)
    assert any("1 conversation with fewer repeats" in note for note in found.comparison.notes)
    assert found.comparison.flips == ()


def test_all_repeats_still_tell_whether_an_answer_wavers():
    found = judge(repeated([(3,)] * 8), repeated([(4, 3, 3)] * 8))
    assert all(flip.wavering and flip.new.answer == 4 for flip in found.comparison.flips)
    assert found.comparison.flips[0].new.answers == (4, 3, 3)
    assert found.comparison.stability[0].new == 1


def test_how_far_a_loss_may_waver_is_known_from_the_newer_runs_repeats():
    found = judge(repeated([(3,)] * 8), repeated([(3, 4)] * 8))
    # Distances 0 and 1/4: variance 1/32 in each of 8 conversations.
    assert found.comparison.tests[0].wavering == pytest.approx(3 * (2 * 8 / 32) ** 0.5 / 8)
    assert judge(repeated([(3,)] * 8), repeated([(4,)] * 8)).comparison.tests[0].wavering is None


def lucky(found):
    return [warning for warning in found.warnings if "well by chance" in warning]


def test_a_loss_that_repeating_alone_could_do_says_so():
    people = [3] * 20
    wavering = [(4, 3, 3)] * 6 + [(3, 4, 3)] * 6 + [(3, 3, 3)] * 8
    found = judge(repeated([(3,)] * 20, people), repeated(wavering, people))
    assert found.outcome == "failed"
    assert len(lucky(found)) == 1
    assert "within what repeats of the newer run waver" in lucky(found)[0]
    assert "well by chance" in markdown(found)


def test_a_loss_far_beyond_what_repeats_waver_is_left_without_excuse():
    people = [3] * 20
    found = judge(repeated([(3,)] * 20, people), repeated([(1, 1, 1)] * 19 + [(1, 2, 1)], people))
    assert found.outcome == "failed"
    assert lucky(found) == []


def test_a_loss_between_runs_without_repeats_says_that_nothing_is_known_of_wavering():
    people = [3] * 20
    found = judge(repeated([(3,)] * 20, people), repeated([(1,)] * 20, people))
    assert "neither run has repeats" in lucky(found)[0]
    assert lucky(judge(repeated([(3, 3)] * 20, people), repeated([(1, 1)] * 20, people))) == []
    assert lucky(judge(repeated([(3, 3)] * 20, people), repeated([(3, 3)] * 20, people))) == []
    # What asks no model gives the same answers each time.
    ruled = [repeated([(level,)] * 20, people, model=None) for level in (3, 1)]
    assert lucky(judge(*ruled)) == []


def test_what_is_of_the_first_repeat_only_says_so_where_it_is_shown():
    people = [1, 2, 3, 4, 5] * 8
    one = repeated([(level, level) for level in people], people, confidence=0.8)
    page, text = html(judge(one, one)), markdown(judge(one, one))
    assert page.count("first of 2 repeats") >= 3
    assert "people with each other, first of 2 repeats" in text
    single = repeated([(level,) for level in people], people)
    assert "first of" not in html(judge(single, single))
