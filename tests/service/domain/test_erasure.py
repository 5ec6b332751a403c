from service.domain.erasure import (
    ASSESSMENT_KEEPS,
    ERASED,
    GRADE_KEEPS,
    PROVENANCE_DROPS,
    numbers_of,
)
from service.domain.evaluation import Assessment, Provenance
from service.domain.grade import Grade
from tests.service.results import own_assessment, own_card, words_of


def stored():
    return {"score": {"value": 50.0}, **own_assessment().model_dump(mode="json")}


def test_no_word_about_the_conversation_is_left():
    before, left = stored(), numbers_of(stored())
    assert len(words_of(before)) > 15
    assert words_of(left) <= {"", ERASED}


def test_the_numbers_are_what_they_were():
    left = numbers_of(stored())
    assert left["score"] == {"value": 50.0}
    read = Assessment.model_validate({name: left[name] for name in left.keys() - {"score"}})
    for now, then in zip(read.grades, own_assessment().grades, strict=True):
        assert (now.level, now.points, now.outcome) == (then.level, then.points, then.outcome)
        assert (now.confidence, now.expected_level) == (then.confidence, then.expected_level)
        assert (now.disposition, now.ungraded_reason) == (then.disposition, then.ungraded_reason)
    assert (read.usage, read.signals) == (own_assessment().usage, own_assessment().signals)
    assert [one.value for one in read.observations] == [0.5]
    assert [one.kind for one in read.flags] == ["suspected_instruction"]
    assert read.provenance.model == own_assessment().provenance.model


def test_a_digest_of_what_was_said_goes_with_it():
    assert "ab" * 32 not in str(numbers_of(stored()))
    assert set(Provenance.model_fields) > PROVENANCE_DROPS


def test_it_is_known_of_every_field_whether_it_stays():
    """A new field is erased until somebody decides: then it is named here."""
    goes = {"rationale", "evidence", "absence", "not_applicable_reason", "disposition_reason", "review"}
    assert set(Grade.model_fields) == GRADE_KEEPS | goes
    part = {"grades", "observations", "flags", "provenance"}
    assert set(Assessment.model_fields) | {"score"} == ASSESSMENT_KEEPS | part | {"coaching", "facts"}


def test_a_person_who_overruled_a_grade_keeps_their_verdict_and_loses_their_reason():
    given = stored()
    given["grades"][0]["review"] = {"verdict": "overrule", "level": "no", "reason": "It was curt."}
    assert numbers_of(given)["grades"][0]["review"] == {"verdict": "overrule", "level": "no"}


def test_names_on_the_card_stay():
    labels = {grade["label"] for grade in numbers_of(stored())["grades"]} - {None}
    anchors = {level.anchor for d in own_card().dimensions for level in d.scale.levels}
    assert labels <= anchors | {"yes", "no"}
