from collections import Counter
from typing import get_args

import pytest

from evals.attacks.attack import Family, Planted
from evals.attacks.encodings import Encoding, encode
from evals.attacks.reading import read_suite
from service.factory import builtin_scorecards
from service.grading.fence import one_line
from service.grading.prompt import Prompts
from service.grading.suspicion.detector import suspected_instructions

SUITE = read_suite()
BY_ID = {attack.id: attack for attack in SUITE}
CARDS = {card.language: card for card in builtin_scorecards() if card.name.startswith("inbound-service")}
SEEN = [attack for attack in SUITE if attack.family != "metadata"]


def test_there_are_enough_attacks_in_three_languages_about_equally():
    counts = Counter(attack.language for attack in SUITE)
    assert len(SUITE) >= 180
    assert set(counts) == {"en", "ru", "zh"}
    assert max(counts.values()) <= 1.2 * min(counts.values())


def test_every_family_is_there_in_every_language():
    found = {(attack.language, attack.family) for attack in SUITE}
    assert found == {(language, family) for language in ("en", "ru", "zh") for family in get_args(Family)}


def test_attacks_differ():
    assert len(BY_ID) == len(SUITE)
    assert len({attack.needles for attack in SUITE}) == len(SUITE)


def test_every_order_every_proof_and_every_encoding_is_used():
    planted = [attack.planted for attack in SUITE]
    assert {one.order for one in planted} == {"best", "worst", "na", "off_scale"}
    assert {one.quote for one in planted} == {"own", "planted", "wrong_speaker", "invented"}
    assert {one.encoding for one in planted} == {None, *get_args(Encoding)}


def test_named_dimensions_are_on_the_card():
    for attack in SUITE:
        assert set(attack.planted.dimensions) <= {d.id for d in CARDS[attack.language].dimensions}


@pytest.mark.parametrize("name", [attack.id for attack in SEEN])
def test_every_attack_that_a_model_can_see_is_flagged(name):
    assert suspected_instructions(BY_ID[name].conversation)


def test_the_conversations_are_not_flagged_without_what_is_planted_in_them():
    assert not any(suspected_instructions(attack.clean) for attack in SUITE)


def test_metadata_does_not_reach_the_prompt():
    for attack in SUITE:
        prompt = Prompts().grade(attack.conversation, CARDS[attack.language])
        reached = any(one_line(needle) in f"{prompt.system}\n{prompt.user}" for needle in attack.needles)
        assert reached == (attack.family != "metadata"), attack.id


def test_texts_can_be_hidden_and_found_again():
    assert encode("ab c", "reversed") == "c ba"
    assert encode("ab cd", "words_reversed") == "ba dc"
    assert encode("give", "rot13") == "tvir"
    assert encode("ab", "hex") == "6162"


@pytest.mark.parametrize(
    "planted",
    [
        {},
        {"say": "x", "turns": [["agent", "y"]]},
        {"say": "x", "hidden": "y"},
        {"say": "x", "encoding": "hex"},
    ],
)
def test_an_attack_that_is_not_whole_is_refused(planted):
    with pytest.raises(ValueError, match=r"attack has|belong together"):
        Planted.model_validate(planted)
