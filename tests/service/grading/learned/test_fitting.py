import random
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from service.domain.evaluation import RedactedTurn
from service.grading.learned.fitting import Course
from tests.service.grading.learned.corpora import (
    LANGUAGES,
    a_conversation,
    choice,
    conversations,
    lesson,
    ordinal,
    yes_no,
)


def level_of(warm: int) -> int:
    return round(1 + warm / 2 - 0.01)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_wording_tells_is_learned_in_every_language(language):
    rng = random.Random(language)
    warmth = [rng.randrange(5) for _ in range(90)]
    course = Course([a_conversation(language, warm, rng) for warm in warmth], [lesson(ordinal(), warmth)])
    predicted = course.cross_fit(5)["warmth"]
    assert np.corrcoef([one.expected_level for one in predicted], warmth)[0, 1] > 0.9
    levels = [one.level for one in predicted]
    assert cohen_kappa_score(levels, [level_of(warm) for warm in warmth], weights="quadratic") > 0.6


def test_yes_no_and_choice_are_learned_beside_it():
    turns, warmth = conversations(120)
    predicted = Course(turns, [lesson(yes_no(), warmth), lesson(choice(), warmth)]).cross_fit(5)
    right = [
        one.level == ("yes" if warm >= 2 else "no")
        for one, warm in zip(predicted["warm"], warmth, strict=True)
    ]
    assert np.mean(right) > 0.9
    assert {one.level for one in predicted["tone"]} == {"cold", "mixed", "warm"}
    assert all(sum(one.probabilities) == pytest.approx(1) for one in predicted["tone"])
    assert predicted["tone"][0].expected_level is None


@pytest.mark.parametrize("make", [ordinal, yes_no, choice])
def test_a_conversations_own_label_never_decides_its_held_out_prediction(make):
    turns, warmth = conversations(60)
    before = Course(turns, [lesson(make(), warmth)]).cross_fit(5)
    for at in (0, 7, 31):
        changed = [4 - warm if at == other else warm for other, warm in enumerate(warmth)]
        after = Course(turns, [lesson(make(), changed)]).cross_fit(5)
        assert [of[at] for of in before.values()] == [of[at] for of in after.values()]
        assert before != after


def test_a_repeated_conversation_is_held_out_with_its_double():
    turns, warmth = conversations(60)
    doubled, labels = [*turns, turns[3]], [*warmth, warmth[3]]
    before = Course(doubled, [lesson(ordinal(), labels)]).cross_fit(5)["warmth"]
    labels[60] = 4 - labels[60]
    after = Course(doubled, [lesson(ordinal(), labels)]).cross_fit(5)["warmth"]
    assert before[3] == before[60] == after[3] == after[60]


def test_the_same_labels_give_the_same_predictions_and_the_same_bytes():
    turns, warmth = conversations(60)
    lessons = [lesson(ordinal(), warmth), lesson(yes_no(), warmth)]
    first, again = Course(turns, lessons), Course(turns, lessons)
    assert first.cross_fit(5) == again.cross_fit(5)
    one, other = first.fit(), again.fit()
    assert one is not None
    assert other is not None
    assert one.to_bytes() == other.to_bytes()


def test_conversations_without_a_label_are_predicted_but_teach_nothing():
    turns, warmth = conversations(70)
    labelled = lesson(ordinal(), warmth)
    part = replace(labelled, targets=(*labelled.targets[:60], *[None] * 10))
    groups = [str(at) for at in range(70)]
    predicted = Course(turns, [part], groups).cross_fit(5)["warmth"]
    assert len(predicted) == 70
    assert np.corrcoef([one.expected_level for one in predicted[60:]], warmth[60:])[0, 1] > 0.7


def test_not_applicable_is_learned_where_the_dimension_allows_it():
    turns, warmth = conversations(100)
    quiet = [[RedactedTurn(speaker="customer", text="wrong number, goodbye")] for _ in range(30)]
    for at, one in enumerate(quiet):
        one.append(RedactedTurn(speaker="agent", text=f"bye {'dear ' * at}"))
    allowed = ordinal(not_applicable="Nobody wanted anything.")
    targets = (*lesson(allowed, warmth).targets, *["na"] * 30)
    for dimension, expected in ((allowed, 30), (ordinal(), 0)):
        taught = replace(lesson(allowed, warmth), dimension=dimension, targets=targets)
        predicted = Course([*turns, *quiet], [taught]).cross_fit(5)["warmth"]
        said = [one.level == "na" for one in predicted]
        assert sum(said[100:]) == expected
        assert not any(said[:100])
    assert all(0 <= one.confidence <= 1 for one in predicted)


def test_labels_that_have_nothing_to_do_with_the_text_are_predicted_with_little_spread():
    turns, _ = conversations(80)
    noise = [random.Random(at).randrange(5) for at in range(80)]
    predicted = Course(turns, [lesson(ordinal(), noise)]).cross_fit(5)["warmth"]
    expected = np.array([one.expected_level for one in predicted])
    assert expected.std() < 0.5 * np.std(noise) / 2


def test_confidence_is_the_share_that_people_come_within_one_level():
    turns, warmth = conversations(150)
    scale = ordinal()
    noisy = [
        min(max(warm + random.Random(at).choice([-2, 0, 0, 0, 2]), 0), 4) for at, warm in enumerate(warmth)
    ]
    predicted = Course(turns, [lesson(scale, noisy)]).cross_fit(5)["warmth"]
    near = [abs(one.level - (1 + warm / 2)) < 1.5 for one, warm in zip(predicted, noisy, strict=True)]
    assert np.mean([one.confidence for one in predicted]) == pytest.approx(np.mean(near), abs=0.1)


def test_what_cannot_be_learned_yet_is_said_and_the_rest_is_learned():
    turns, warmth = conversations(60)
    few = replace(lesson(yes_no(), warmth), targets=(*["yes"] * 3, *[None] * 57))
    course = Course(turns, [lesson(ordinal(), warmth), few])
    assert set(course.missing) == {"warm"}
    models = course.fit()
    assert models is not None
    assert set(models.heads) == set(course.cross_fit(3)) == {"warmth"}


@pytest.mark.parametrize("number", [0, 1, 2, 49])
def test_too_few_conversations_give_a_sentence_and_no_model(number):
    turns, warmth = conversations(number)
    course = Course(turns, [lesson(ordinal(), warmth)])
    assert course.missing["warmth"].startswith(f"{number} conversations have a level")
    assert course.fit() is None
    assert course.cross_fit() == {}


def test_conversations_that_say_nothing_are_learned_from_without_complaint():
    turns = [[RedactedTurn(speaker="system", text=str(at))] for at in range(60)]
    course = Course(turns, [lesson(ordinal(), [at % 5 for at in range(60)])])
    predicted = course.cross_fit(5)["warmth"]
    assert {round(one.expected_level) for one in predicted} == {2}


@pytest.mark.parametrize("change", ["targets", "groups", "twice"])
def test_what_does_not_fit_together_is_refused(change):
    turns, warmth = conversations(60)
    one = lesson(ordinal(), warmth)
    lessons = [one, one] if change == "twice" else [one]
    with pytest.raises(ValueError, match=r"for 59 conversations|59 groups|two lessons"):
        Course(
            turns[:-1] if change == "targets" else turns,
            lessons,
            ["x"] * 59 if change == "groups" else None,
        )
