import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.grade import (
    Absence,
    ConfidenceParts,
    Evidence,
    Grade,
    NotApplicable,
    Ungraded,
    UngradedReason,
    Verdict,
)
from service.grading.confidence import agreement, confidence, evidence_strength
from tests.service.grading.building import ORDINAL, a_card, a_dimension

SHARE = st.none() | st.floats(0, 1)
PARTS = st.builds(ConfidenceParts, level_probability=SHARE, votes=SHARE, evidence=SHARE, agreement=SHARE)
(NEEDS,) = a_card(a_dimension("needs", scale=ORDINAL)).dimensions


def words(*quotes):
    return tuple(Evidence(turn=0, speaker="agent", quote=q, start=0, end=len(q)) for q in quotes)


def test_one_part_alone_is_the_confidence():
    assert confidence(ConfidenceParts(evidence=0.8)) == 0.8


def test_the_parts_are_pooled_as_log_odds_by_their_weights():
    # logit(.9) = 2.1972, logit(.6) = .4055; (2 × 2.1972 + .4055) / 3 = 1.6000; σ(1.6000) = .8320
    assert confidence(ConfidenceParts(level_probability=0.9, evidence=0.6)) == 0.832


def test_nothing_measured_is_no_confidence():
    assert confidence(ConfidenceParts()) is None


@given(PARTS)
def test_a_confidence_lies_between_its_least_and_its_greatest_part(parts):
    known = [p for p in parts.model_dump().values() if p is not None]
    pooled = confidence(parts)
    if known:
        assert max(min(known), 0.02) - 0.001 <= pooled <= min(max(known), 0.98) + 0.001 or not (
            0.02 <= min(known) <= max(known) <= 0.98
        )
        assert 0 < pooled < 1


@pytest.mark.parametrize(
    ("outcome", "strength"),
    [
        (Verdict(level=1, rationale="r", evidence=words("I will look into it", "thank you")), 0.9),
        (Verdict(level=1, rationale="r", evidence=words("I will look into it")), 0.8),
        (Verdict(level=1, rationale="r", evidence=words("hello")), 0.65),
        (Verdict(level=1, rationale="r", evidence=words("我马上帮您查")), 0.8),
        (Verdict(level=1, rationale="r", absence=Absence(searched=((0, 1),), looked_for="x")), 0.6),
        (NotApplicable(reason="r"), 0.5),
        (Ungraded(reason=UngradedReason.REFUSED), None),
    ],
)
def test_more_words_prove_more(outcome, strength):
    assert evidence_strength(outcome, repaired=False) == strength


def test_an_answer_that_had_to_be_repaired_proves_less():
    verdict = Verdict(level=1, rationale="r", evidence=words("I will look into it"))
    assert evidence_strength(verdict, repaired=True) == 0.65


@pytest.mark.parametrize(("mine", "other", "share"), [(3, 3, 1), (3, 2, 0.5), (1, 3, 0)])
def test_agreement_is_nearness_in_points(mine, other, share):
    def grade(level):
        return Grade.of(NEEDS, "main", Verdict(level=level, rationale="r"), "llm")

    assert agreement(NEEDS, grade(mine), grade(other)) == share
    assert agreement(NEEDS, grade(mine), None) is None
