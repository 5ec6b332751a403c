"""What a whole comparison says."""

import pytest

from evals.gate.judging import judged
from evals.gate.options import GateOptions
from service.domain.errors import InvalidInput
from tests.evals.gate.runs import card, conversation, evaluation, run, simple


def judge(base, new, **options):
    return judged(base, new, GateOptions(**options))


def test_a_run_beside_itself_passes():
    one = simple([1, 2, 3, 4] * 10, [1, 2, 4, 4] * 10)
    found = judge(one, one)
    assert (found.outcome, found.failures) == ("passed", ())
    assert found.comparison.flips == ()


def test_a_certain_loss_fails_and_names_the_flips_with_reasons():
    people = [3] * 60
    base = simple(people, people, rationale="It was good.", quote="I will help")
    new = simple([1] * 20 + [3] * 40, people, model="m-2", rationale="It was bad.", quote="Go away")
    found = judge(base, new)
    assert found.outcome == "failed"
    flip = found.comparison.flips[0]
    assert (flip.base.answer, flip.new.answer, flip.consensus, flip.effect) == (3, 1, 3, "farther")
    assert (flip.base.why, flip.new.why) == ("It was good.", "It was bad.")
    assert flip.new.quotes[0].text == "Go away"
    assert [(c.what, c.base, c.new) for c in found.comparison.changes] == [("model", ("m-1",), ("m-2",))]


def test_one_flip_among_few_passes_and_says_what_the_set_could_have_shown():
    people = [3] * 5
    found = judge(simple(people, people), simple([1, 3, 3, 3, 3], people))
    assert found.outcome == "passed"
    (test,) = found.comparison.tests
    assert test.detectable is not None


def test_flips_that_nobody_labelled_are_neither_better_nor_worse():
    people = [None, None, *[3] * 5]
    found = judge(simple([3, 3, *[3] * 5], people), simple([1, 5, *[3] * 5], people))
    assert found.outcome == "passed"
    assert [flip.effect for flip in found.comparison.flips] == [None, None]
    assert any("cannot be said" in note for note in found.comparison.notes)


def test_a_gate_that_measures_nothing_does_not_pass():
    one = simple([3, 3], [None, None])
    found = judge(one, one)
    assert found.outcome == "unmeasured"
    assert "nothing was measured" in found.warnings[0]


@pytest.mark.parametrize(("count", "outcome"), [(1, "unmeasured"), (4, "unmeasured"), (5, "failed")])
def test_so_few_labels_that_no_loss_could_show_are_no_pass(count, outcome):
    people = [5] * count
    found = judge(simple(people, people), simple([1] * count, people))
    assert found.outcome == outcome
    if outcome == "unmeasured":
        assert (
            f"at least 5 labelled conversations that both runs tried are needed, it has {count}"
            in (found.warnings[0])
        )


def test_with_a_floor_few_labels_pass_and_it_is_said():
    content = card()
    runs = [
        run([conversation("a", [evaluation(content, {"help": n})], [("help", 5)], {"help": 3})], content)
        for n in (5, 4)
    ]
    found = judge(*runs)
    assert found.outcome == "passed"
    assert "1 labelled conversations are too few" in found.warnings[0]


def test_grades_that_are_missing_everywhere_measure_nothing():
    one = simple([None, None], [3, 4])
    assert judge(one, one).outcome == "unmeasured"


def test_a_floor_alone_is_something_to_measure():
    content = card()
    one = run([conversation("a", [evaluation(content, {"help": 4})], floors={"help": 3})], content)
    assert judge(one, one).outcome == "passed"


def test_a_broken_floor_fails_without_any_label():
    content = card()
    base, new = (
        run([conversation("a", [evaluation(content, {"help": level})], floors={"help": 3})], content)
        for level in (4, 2)
    )
    found = judge(base, new)
    assert found.outcome == "failed"
    assert "must be at least 3" in found.failures[0]


def test_labels_of_people_who_had_seen_the_grade_do_not_count():
    one = simple([3], [3])
    label = one.conversations[0].labels[0].model_copy(update={"blind": False})
    seen = one.model_copy(
        update={"conversations": (one.conversations[0].model_copy(update={"labels": (label,)}),)}
    )
    assert judge(seen, seen).outcome == "unmeasured"


def test_repeats_count_by_their_mean_and_a_flip_within_them_is_called_wavering():
    people = [3] * 10
    base = simple([(3, 3, 1)] * 10, people)
    new = simple([(1, 1, 3)] * 10, people)
    found = judge(base, new)
    (test,) = found.comparison.tests
    assert (test.base, test.new) == (pytest.approx(0.5 / 3), pytest.approx(1 / 3))
    assert all(flip.wavering for flip in found.comparison.flips)
    (stability,) = found.comparison.stability
    assert (stability.base, stability.new) == (1, 1)


def test_a_conversation_that_fails_now_counts_as_no_grade():
    people = [3] * 12
    base = simple(people, people)
    broken = [
        one.model_copy(update={"evaluations": (), "problem": "no turns"}) if place < 8 else one
        for place, one in enumerate(base.conversations)
    ]
    found = judge(base, base.model_copy(update={"conversations": tuple(broken)}))
    assert found.outcome == "failed"
    assert any("could not be graded" in warning for warning in found.warnings)


def test_what_a_limit_left_out_is_not_compared_and_it_is_said():
    people = [3] * 12
    base = simple(people, people)
    cut = [
        one.model_copy(update={"evaluations": ()}) if place < 6 else one
        for place, one in enumerate(base.conversations)
    ]
    new = base.model_copy(update={"conversations": tuple(cut), "left_out": 6})
    found = judge(base, new)
    assert found.comparison.compared == 6
    assert any("6" in warning and "ungraded" in warning for warning in found.warnings)


def test_the_same_runs_give_the_same_judgement():
    people = [1, 2, 3, 4, 5] * 12
    base, new = simple(people, people), simple([*people[5:], *people[:5]], people)
    assert judge(base, new) == judge(base, new)


def test_other_scorecards_compare_where_the_scale_is_the_same():
    old, new = card(pass_mark=50.0), card(pass_mark=70.0)
    runs = (simple([3] * 6, [3] * 6, content=content) for content in (old, new))
    base, newer = runs
    with pytest.raises(InvalidInput):
        judge(base, newer)
    assert judge(base, newer, other_scorecards=True).outcome == "passed"
