from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.calibration.fitting import Making, Opinion, fit
from service.calibration.sample import choose_sample
from service.domain.calibration import Calibration
from service.domain.grade import Flag
from tests.service.calibration.making import NOW, a_labelled_set, graded, label, two_dimensions

CARD = two_dimensions()
MAKING = Making(id="cal1", created_at=NOW, seed=3)


def fitted(evaluations: Any, making: Making = MAKING, **opinions: Opinion) -> Calibration:
    return fit(CARD, choose_sample(CARD, "llm", evaluations), opinions, making)


def of(calibration: Calibration, name: str) -> Any:
    return next(one for one in calibration.dimensions if one.dimension == name)


def test_every_dimension_gets_agreement_maps_and_a_promise():
    tone = of(fitted(a_labelled_set()), "tone")
    assert set(tone.agreement.columns) == {"constant", "llm"}
    assert tone.agreement.ceiling.items == 60
    assert (tone.score_map.n, len(tone.score_map.expected)) == (60, 5)
    assert tone.confidence.n == 60
    assert (tone.certificate.loss, tone.certificate.threshold is not None) == ("off_by_two", True)
    assert of(fitted(a_labelled_set()), "greeting").certificate.loss == "differs"


def test_a_harsh_grader_is_corrected_and_a_good_one_is_left_alone():
    assert of(fitted(a_labelled_set()), "tone").score_map.kind == "identity"
    harsh = of(fitted(a_labelled_set(harsh=1)), "tone").score_map
    assert harsh.kind != "identity"
    assert harsh.expected[1] > 2.4


def test_the_same_labels_and_seed_give_the_same_bytes():
    first, second = (fitted(a_labelled_set()).model_dump_json() for _ in range(2))
    assert first == second
    assert fitted(reversed(a_labelled_set())).model_dump_json() == first


def test_what_it_depends_on_and_what_was_left_out_stand_in_it():
    calibration = fitted([*a_labelled_set(30), graded(99, label("gone", 1))])
    assert calibration.basis_sha256 == calibration.basis.sha256
    assert (calibration.scorecard.revision, calibration.conversations) == (3, 30)
    assert calibration.notes == ("1 label of dimensions that two@3 does not have left out: gone",)


def test_columns_of_text_models_stand_beside_the_graders():
    answers = {f"e{n}": 3 for n in range(60)}
    opinion = Opinion(columns={"learned": answers, "blend": answers}, blend=(0.5, 0.5, 0.0), note="A note.")
    tone = of(fitted(a_labelled_set(), tone=opinion), "tone")
    assert set(tone.agreement.columns) == {"constant", "learned", "llm", "blend"}
    assert {one.n for one in tone.agreement.columns.values()} == {60}
    assert (tone.blend, "A note." in tone.agreement.notes) == ((0.5, 0.5, 0.0), True)


def test_three_labels_promise_nothing_and_say_what_is_missing():
    tone = of(fitted(a_labelled_set(3)), "tone")
    assert (tone.score_map, tone.confidence, tone.certificate.threshold) == (None, None, None)
    assert tone.certificate.labels_missing > 0
    notes = " ".join(tone.agreement.notes)
    for said in ("grades are not mapped", "confidence is not calibrated", "only 3 conversations"):
        assert said in notes


def test_one_level_only_gives_no_figure_that_chance_could_explain():
    same = [graded(n, label("tone", 4), tone=4) for n in range(40)]
    tone = of(fitted(same), "tone")
    assert tone.agreement.columns["llm"].qwk.value is None
    assert any("only one answer" in note for note in tone.agreement.notes)


def test_a_dimension_without_labels_is_there_and_says_so():
    only_tone = [graded(n, label("tone", 1 + n % 5), tone=1 + n % 5) for n in range(30)]
    greeting = of(fitted(only_tone), "greeting")
    assert (greeting.certificate, greeting.confidence, greeting.agreement.items) == (None, None, 0)
    assert "no labels that could be used" in greeting.agreement.notes[0]


def test_labels_given_after_seeing_the_grade_enter_nothing():
    seen = [graded(100 + n, label("tone", 1, blind=False), tone=5) for n in range(20)]
    without, with_them = fitted(a_labelled_set()), fitted([*a_labelled_set(), *seen])
    assert of(with_them, "tone").agreement.columns == of(without, "tone").agreement.columns
    assert of(with_them, "tone").certificate.wrong == of(without, "tone").certificate.wrong
    assert of(with_them, "tone").agreement.seen == 20


def test_a_grade_that_always_needs_a_person_is_no_part_of_a_promise():
    flag = (Flag(kind="suspected_instruction", turn=0, quote="Hello"),)
    wrong = [graded(200 + n, label("tone", 1), tone=5, confidence=0.99, flags=flag) for n in range(30)]
    plain, flagged = (of(fitted(each), "tone") for each in (a_labelled_set(), [*a_labelled_set(), *wrong]))
    assert flagged.certificate.wrong == plain.certificate.wrong
    assert flagged.agreement.items == plain.agreement.items + 30


def test_what_two_people_cannot_agree_on_counts_in_the_promise():
    # On a fifth of the conversations two people differ; the grader says what one of them says.
    def said(n):
        return label("greeting", "yes", "r1"), label("greeting", "no" if n % 5 == 0 else "yes", "r2")

    found = of(fitted([graded(n, *said(n)) for n in range(200)]), "greeting")
    assert (found.certificate.threshold, found.confidence.n) == (None, 200)
    assert 0.05 <= found.certificate.wrong / found.certificate.labels <= 0.2


def test_one_label_that_somebody_picked_does_not_make_all_others_random():
    drawn = [
        graded(n, label("tone", 4, probability=0.9 if n % 2 else 0.2), confidence=0.7 + n / 1_000)
        for n in range(120)
    ]
    picked = graded(500, label("tone", 1), confidence=0.5)
    planned, mixed = (of(fitted(each), "tone") for each in (drawn, [*drawn, picked]))
    assert "left out, so that all others were equally likely" in planned.certificate.note
    assert mixed.certificate.labels == planned.certificate.labels < 90
    assert mixed.certificate.wrong == 0
    assert mixed.confidence.n == 120


def test_a_later_look_promises_less_and_says_so():
    first, fifth = (of(fitted(a_labelled_set(), Making("c", NOW, look=look)), "tone") for look in (1, 5))
    assert first.certificate.accepted_share > fifth.certificate.accepted_share == 0.0


def test_a_smaller_risk_accepts_no_more():
    shares = [
        of(fitted(a_labelled_set(80), Making("c", NOW, risk=risk)), "tone").certificate.accepted_share
        for risk in (0.02, 0.1, 0.5)
    ]
    assert shares == sorted(shares)


LEVELS = st.sampled_from([1, 2, 3, 4, 5, "na"])


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            LEVELS | st.none(),
            st.lists(LEVELS, max_size=3),
            st.none() | st.floats(0, 1),
            st.sampled_from([None, 0.5]),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_whatever_people_and_graders_say_the_report_is_whole_and_promises_are_kept(rows):
    evaluations = [graded(0, label("tone", 3))] + [
        graded(
            n + 1,
            *(label("tone", level, f"r{rater}", probability=drawn) for rater, level in enumerate(levels)),
            tone=machine,
            confidence=confidence,
        )
        for n, (machine, levels, confidence, drawn) in enumerate(rows)
    ]
    calibration = fitted(evaluations)
    assert Calibration.model_validate_json(calibration.model_dump_json()) == calibration
    promise = of(calibration, "tone").certificate
    if promise is not None and promise.threshold is not None:
        assert promise.upper <= promise.risk
        assert promise.labels >= 24


@pytest.mark.parametrize("number", [25, 60])
def test_unlabelled_grades_tell_how_many_would_be_accepted(number):
    others = [graded(500 + n, confidence=0.2) for n in range(3 * number)]
    share = of(fitted([*a_labelled_set(number), *others]), "tone").certificate.accepted_share
    assert share <= 1.0
