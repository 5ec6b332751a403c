"""Which conversations of two runs belong together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.gate.pairing import check_comparable, pair, shared_dimensions
from service.domain.errors import InvalidInput
from tests.evals.gate.runs import card, conversation, ordinal, run, yes_no

contents = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(["x", "y"]), max_size=8)


def made(content):
    return run([conversation(name, digest=digest) for name, digest in content.items()])


@given(contents, contents)
def test_each_conversation_of_either_run_lands_in_one_place_only(old, new):
    found = pair(made(old), made(new))
    paired = [now.id for _, now in found.pairs]
    assert sorted([*paired, *found.altered, *(one.id for one in found.only_new)]) == sorted(new)
    assert sorted([*paired, *found.altered, *(one.id for one in found.only_base)]) == sorted(old)


@given(contents, contents)
def test_a_pair_is_the_same_conversation_with_the_same_words(old, new):
    for was, now in pair(made(old), made(new)).pairs:
        assert (was.id, was.input_sha256) == (now.id, now.input_sha256)


@given(contents, contents)
def test_pairing_the_other_way_round_gives_the_same_pairs(old, new):
    there = {was.id for was, _ in pair(made(old), made(new)).pairs}
    back = {was.id for was, _ in pair(made(new), made(old)).pairs}
    assert there == back


@given(contents)
def test_a_run_pairs_with_itself_completely(content):
    found = pair(made(content), made(content))
    assert len(found.pairs) == len(content)
    assert (found.altered, found.only_base, found.only_new) == ((), (), ())


def test_only_dimensions_with_the_same_answers_are_shared():
    old = run([], card(ordinal("help"), ordinal("needs"), yes_no("gone")))
    new = run([], card(ordinal("help"), ordinal("needs", levels=3), yes_no("fresh")))
    assert [dimension.id for dimension in shared_dimensions(old, new)] == ["help"]


def check(old, new, **allowed):
    check_comparable(old, new, **{"other_scorecards": False, "other_datasets": False} | allowed)


def test_other_scorecard_content_is_refused_until_it_is_allowed():
    old, new = (run([conversation("a")], card(ordinal("help", weight=w))) for w in (1.0, 2.0))
    with pytest.raises(InvalidInput, match="different scorecards"):
        check(old, new)
    check(old, new, other_scorecards=True)


def test_another_labelled_set_is_refused_until_it_is_allowed():
    old, new = (run([conversation("a")], dataset=d) for d in "de")
    with pytest.raises(InvalidInput, match="different labelled sets"):
        check(old, new)
    check(old, new, other_datasets=True)


def test_runs_without_a_common_conversation_are_refused():
    with pytest.raises(InvalidInput, match="no conversation in common"):
        check(run([conversation("a")]), run([conversation("b")]))


def test_cards_without_a_common_scale_are_refused():
    old, new = (run([conversation("a")], card(ordinal("help", levels=n))) for n in (3, 5))
    with pytest.raises(InvalidInput, match="share no dimension"):
        check(old, new, other_scorecards=True)
