"""The labelled set that ships: whole, varied, and made of nothing real."""

import itertools
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from sklearn.metrics import cohen_kappa_score

import evals.example
from evals.example.make import entry, lines
from evals.example.raters import RATERS
from evals.example.scale import card, level_at, position
from evals.example.script import LANGUAGES, TAGS, scripts
from service.domain.label import NOT_APPLICABLE
from service.domain.labelled import LabelledConversation

FOLDER = Path(evals.example.__file__).parent
SET = FOLDER / "conversations.jsonl"
DIMENSIONS = {dimension.id: dimension for dimension in card().dimensions}


@pytest.fixture(scope="module")
def records() -> list[LabelledConversation]:
    return [LabelledConversation.model_validate_json(line) for line in SET.read_bytes().splitlines()]


def labels_by_conversation(records, dimension):
    """{rater: level} for each conversation that anybody labelled on the dimension."""
    found = defaultdict(dict)
    for record in records:
        for label in record.labels:
            if label.dimension == dimension:
                found[record.conversation.external_id][label.rater] = label.level
    return list(found.values())


def pairs_of_levels(records, dimension):
    """Places on the scale that two raters gave the same conversation, every pair in both orders."""
    for labels in labels_by_conversation(records, dimension):
        places = [int(position(DIMENSIONS[dimension], x)) for x in labels.values() if x != NOT_APPLICABLE]
        yield from itertools.permutations(places, 2)


def test_composing_the_set_again_gives_the_same_bytes():
    assert SET.read_bytes() == "".join(f"{line}\n" for line in lines()).encode()


def test_each_language_has_calls_and_chats_of_many_kinds(records):
    for language in LANGUAGES:
        mine = [record.conversation for record in records if record.conversation.language == language]
        assert len(mine) >= 24
        assert len({one.agent.id for one in mine}) >= 6
        assert len({one.agent.team for one in mine}) == 3
        assert len({one.call_type for one in mine}) >= 10
        assert min(Counter(one.channel for one in mine).values()) >= 10
        assert len({one.started_at.month for one in mine}) >= 3


def test_conversations_have_a_natural_length_and_calls_have_times(records):
    for record in records:
        turns = record.conversation.turns
        assert 10 <= len(turns) <= 30
        timed = [turn for turn in turns if turn.start_s is not None]
        assert len(timed) == (len(turns) if record.conversation.channel == "call" else 0)
        assert all(a.end_s <= b.start_s for a, b in itertools.pairwise(timed))


def test_speech_is_written_as_a_recogniser_writes_it():
    spoken = [script for script in scripts() if script.channel == "call" and script.is_speech]
    assert len(spoken) >= 30
    assert all(line.text == line.text.lower() for script in spoken for line in script.lines)


def test_no_two_conversations_read_alike():
    def pieces(script):
        letters = re.sub(r"\W", "", " ".join(line.text for line in script.lines).lower())
        return {letters[at : at + 8] for at in range(len(letters) - 7)}

    for language in LANGUAGES:
        known = [pieces(script) for script in scripts() if script.language == language]
        shared = [len(a & b) / min(len(a), len(b)) for a, b in itertools.combinations(known, 2)]
        assert max(shared) < 0.12


def test_a_hold_in_the_script_is_in_metrics_and_times():
    script = next(one for one in scripts() if one.id == "en-03-bank")
    conversation = entry(script)["conversation"]
    at = next(n for n, line in enumerate(script.lines) if line.hold_s)
    before, after = conversation["turns"][at - 1 : at + 1]
    assert conversation["metrics"]["hold_s"] == script.lines[at].hold_s
    assert after["start_s"] - before["end_s"] >= script.lines[at].hold_s


def test_labels_and_floors_fit_the_card(records):
    for record in records:
        asked = set(DIMENSIONS) - (set() if record.conversation.metrics["hold_s"] else {"hold_announced"})
        assert {label.dimension for label in record.labels} == asked
        for label in record.labels:
            dimension = DIMENSIONS[label.dimension]
            absent = label.level == NOT_APPLICABLE and dimension.not_applicable is not None
            assert absent or dimension.scale.find(label.level) is not None
            assert label.blind is True
            assert label.created_at > record.conversation.started_at
        for name, level in record.floors.items():
            assert DIMENSIONS[name].scale.find(level) is not None


def test_nobody_labelled_everything_but_every_conversation_was_labelled(records):
    per_rater = Counter(label.rater for record in records for label in record.labels)
    assert set(per_rater) == {rater.name for rater in RATERS}
    asked = sum(len({label.dimension for label in record.labels}) for record in records)
    assert all(0.7 * asked < count < asked for count in per_rater.values())


def test_what_a_plan_drew_has_stratum_and_probability_and_earlier_labels_have_none(records):
    planned = Counter((label.stratum, label.probability) for record in records for label in record.labels)
    assert set(planned) == {(None, None), ("core", 0.3), ("fails", 0.6)}


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_raters_agree_as_people_do_on_service_quality(records, dimension):
    pairs = list(pairs_of_levels(records, dimension))
    levels = range(len(DIMENSIONS[dimension].scale.levels))
    kappa = cohen_kappa_score(*zip(*pairs, strict=True), labels=levels, weights="quadratic")
    assert 0.45 <= kappa <= 0.75


@pytest.mark.parametrize("dimension", ["identity_check", "empathy"])
def test_raters_do_not_always_agree_on_what_does_not_apply(records, dimension):
    said = [list(labels.values()) for labels in labels_by_conversation(records, dimension)]
    shares = [sum(level == NOT_APPLICABLE for level in levels) / len(levels) for levels in said]
    assert any(share == 1 for share in shares)
    assert any(0 < share < 1 for share in shares)


def test_r2_is_harsher_than_r1_and_r3_milder(records):
    differences = {"r2": [], "r3": []}
    for dimension in ("needs", "information", "empathy", "closing"):
        for labels in labels_by_conversation(records, dimension):
            for rater, found in differences.items():
                if NOT_APPLICABLE not in (both := (labels.get(rater), labels.get("r1"))) and None not in both:
                    found.append(both[0] - both[1])
    means = {rater: sum(found) / len(found) for rater, found in differences.items()}
    assert -0.6 < means["r2"] < -0.25
    assert 0.05 < means["r3"] < 0.4


def test_every_truth_is_on_its_scale():
    for script in scripts():
        for name, truth in script.truth.items():
            if truth != NOT_APPLICABLE:
                place = position(DIMENSIONS[name], truth)
                assert 0 <= place <= len(DIMENSIONS[name].scale.levels) - 1
                assert level_at(DIMENSIONS[name], place) is not None


def test_every_conversation_says_which_turns_are_telling():
    for script in scripts():
        marked = {name for line in script.lines for name in line.dimensions}
        assert marked <= set(TAGS.values())
        assert {"needs", "information"} <= marked
        assert all(line.speaker == "agent" for line in script.lines if line.dimensions)


def test_planted_cards_are_valid_and_nobody_can_be_reached():
    planted = [piece for script in scripts() for line in script.lines for piece in line.planted]
    cards = [piece.text for piece in planted if piece.type == "CREDIT_CARD"]
    assert len(cards) >= 6
    assert all(luhn(card) for card in cards)
    addresses = [piece.text for piece in planted if piece.type == "EMAIL_ADDRESS"]
    assert all(re.search(r"example(\.| dot )(com|org)$", address) for address in addresses)
    phones = [re.sub(r"\D", "", piece.text) for piece in planted if piece.type == "PHONE_NUMBER"]
    kept_for_fiction = re.compile(r"(020 ?7946|07700 ?900|011\d ?496)0?|[78]900000|1\d\d0000")
    assert all(kept_for_fiction.match(phone) for phone in phones if phone)


def luhn(number: str) -> bool:
    digits = [int(character) for character in reversed(number) if character.isdigit()]
    doubled = [digit if at % 2 == 0 else sum(divmod(2 * digit, 10)) for at, digit in enumerate(digits)]
    return sum(doubled) % 10 == 0


def test_the_set_is_json_lines_that_anybody_can_read():
    for line in SET.read_text("utf-8").splitlines():
        assert {"conversation", "labels"} <= set(json.loads(line)) <= {"conversation", "labels", "floors"}
