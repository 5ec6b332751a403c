import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.grade import Absence, Evidence
from service.domain.scorecard import Scale
from service.grading.signals.confidence import NOT_FOUND, QUOTED, confidence, fit
from service.grading.signals.finding import Finding

SCALE = Scale.model_validate(
    {
        "type": "ordinal",
        "levels": [{"level": n, "points": n / 4, "anchor": f"Level {n}."} for n in range(5)],
    }
)
SAID = Finding(
    value=1, rationale="x", evidence=(Evidence(turn=0, speaker="agent", quote="x", start=0, end=1),)
)
ABSENT = Finding(value=0, rationale="x", absence=Absence(searched=((0, 1),), looked_for="x"))
UNKNOWN = Finding(value=None, rationale="x")


def test_words_that_were_said_are_surer_than_words_that_were_not_found():
    (said, _), (absent, _) = (confidence(SCALE, SCALE.levels[4], 1, [f]) for f in (SAID, ABSENT))
    assert (said, absent) == (QUOTED, NOT_FOUND)


def test_a_mean_on_the_border_of_two_levels_halves_the_confidence():
    # 0.125 lies as far from 0 as from 0.25: 0.125 / (0.125 + 0.125) = 0.5
    assert fit(SCALE, SCALE.levels[0], 0.125) == 0.5
    assert fit(SCALE, SCALE.levels[0], 0.0) == 1
    # 0.05 from 0 and 0.2 from 0.25: 0.2 / 0.25 = 0.8
    assert fit(SCALE, SCALE.levels[0], 0.05) == pytest.approx(0.8)


def test_a_signal_that_could_not_be_measured_takes_its_share_of_the_evidence():
    sure, parts = confidence(SCALE, SCALE.levels[4], 1, [SAID, UNKNOWN])
    assert sure == parts.evidence == QUOTED / 2


def test_what_a_rule_cannot_measure_stays_unknown():
    _, parts = confidence(SCALE, SCALE.levels[4], 1, [SAID])
    assert (parts.level_probability, parts.votes, parts.agreement) == (None, None, None)


@given(st.floats(0, 1), st.lists(st.sampled_from([SAID, ABSENT, UNKNOWN]), min_size=1, max_size=5))
def test_a_confidence_is_between_0_and_1_and_at_least_half_of_the_evidence(mean, findings):
    level = SCALE.nearest(mean)
    sure, parts = confidence(SCALE, level, mean, findings)
    assert parts.evidence / 2 - 0.001 <= sure <= parts.evidence <= 1
