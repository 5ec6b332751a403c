"""`qalibrate eval fairness` with models that are prejudiced, fair, or waver, over real HTTP."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals.model_server import Behaviour, ModelServer, failing, stand_in_answer
from redaction import kinds

SAMPLES = Path(__file__).parents[3] / "service" / "samples"
CARD = """
name: one-question
title: One question
language: en
languages: [en, ru, zh]
pass_mark: 75
sections:
  - id: all
    title: All
    weight: 1
    dimensions:
      - id: helpful
        title: Helpful
        question: Does the agent help?
        about: agent
        weight: 1
        scale:
          type: ordinal
          levels:
            - {level: 1, points: 0, anchor: The agent does not help at all.}
            - {level: 2, points: 0.5, anchor: The agent helps in part.}
            - {level: 3, points: 1, anchor: The agent solves what the customer asked for.}
"""


class Model(ModelServer):
    """Gives everybody a 3, but a 1 to whom `marks_down` says: a function of the transcript."""

    def __init__(self, marks_down=lambda text: False):
        super().__init__()
        self.marks_down = marks_down

    def behaviour_for(self, request):
        super().behaviour_for(request)
        answer = json.loads(stand_in_answer(request.json))
        said = "\n".join(str(m["content"]) for m in request.json["messages"] if m["role"] == "user").lower()
        for entry in answer["dimensions"].values():
            entry["level"] = 1 if self.marks_down(said) else 3
        return Behaviour(text=json.dumps(answer))


def conversation(*texts, **more):
    turns = [{"speaker": ("agent", "customer")[i % 2], "text": text} for i, text in enumerate(texts)]
    return {"channel": "chat", "language": "en", "turns": turns, **more}


def order(number):
    return conversation(
        f"Good day, sir, this is order desk {number}.",
        "Hello, my name is Oliver Stone and the parcel is not here.",
        "I am sorry, Mr Stone, we are going to send the parcel again.",
        external_id=f"order-{number}",
    )


@pytest.fixture
def orders(tmp_path):
    path = tmp_path / "orders.jsonl"
    path.write_text("\n".join(json.dumps(order(number)) for number in range(8)))
    return path


@pytest.fixture
def card(tmp_path):
    path = tmp_path / "card.yaml"
    path.write_text(CARD)
    return path


@pytest.fixture
def check(qalibrate, card, monkeypatch, tmp_path):
    """Runs the command under a policy that takes names out as always, unless another one is named."""
    monkeypatch.setenv("QALIBRATE_POLICY", "")
    policy = tmp_path / "all.yaml"
    policy.write_text("name: all\n")

    def command(model, *arguments, policy=policy):
        with model:
            monkeypatch.setenv("OPENAI_BASE_URL", model.url)
            fixed = ("--scorecard", card, "--grader", "llm", "--policy", policy)
            return qalibrate("eval", "fairness", *arguments, *fixed)

    return command


def swaps(ran):
    return {swap["swap"]: swap for swap in ran.lines[0]["swaps"]}


def test_a_model_that_marks_a_dialect_down_is_found_with_its_direction(check, orders):
    ran = check(
        Model(lambda text: "gonna" in text), orders, "-f", "json", "--swap", "dialect-african-american"
    )
    rows = swaps(ran)
    caught = rows["dialect-african-american-agent"]["overall"]
    assert (caught["swapped"]["flips"], caught["swapped"]["grades"]) == (8, 8)
    assert (caught["unchanged"]["flips"], caught["shift"]["mean"]) == (0, -1)
    assert caught["excess_low"] > 0.4
    others = [row for name, row in rows.items() if name != "dialect-african-american-agent"]
    assert all(row["overall"]["swapped"]["flips"] == 0 for row in others)


def test_too_many_flips_are_exit_code_1_and_named(check, orders):
    model = Model(lambda text: "gonna" in text)
    ran = check(model, orders, "--swap", "dialect-african-american", "--max-flips", "0.1")
    assert ran.code == 1
    assert "failed: dialect-african-american-agent flips at least" in ran.err
    assert "“going to send” → “gonna send”" in ran.out or "“going to ” → “gonna ”" in ran.out


def test_one_flip_in_one_conversation_is_no_reason_to_fail(check, orders):
    model = Model(lambda text: "gonna" in text)
    ran = check(model, orders, "--swap", "dialect", "--max-flips", "0.1", "--sample", "1")
    assert ran.code == 0
    assert "1 of 1" in ran.out


def test_a_model_that_marks_women_down_is_found(check, orders):
    ran = check(Model(lambda text: "ma'am" in text), orders, "-f", "json", "--swap", "gender")
    rows = swaps(ran)
    assert rows["gender-customer"]["overall"]["swapped"]["flips"] == 8
    assert rows["gender-agent"]["nothing_to_swap"] == 8


def test_a_model_that_minds_names_is_found_where_names_are_kept_and_cannot_be_where_they_are_not(
    check, orders, tmp_path
):
    keeping = tmp_path / "keeping.yaml"
    keeping.write_text(f"name: keeping\nentities:\n  {kinds.PERSON}: keep\n")
    command = (orders, "-f", "json", "--swap", "names-arabic")
    minds = Model(lambda text: "stone" not in text)
    kept = swaps(check(minds, *command, policy=keeping))["names-arabic"]
    assert (kept["compared"], kept["overall"]["swapped"]["flips"], kept["with_names_left"]) == (8, 8, 8)
    model = Model(lambda text: "stone" not in text)
    taken_out = swaps(check(model, *command))["names-arabic"]
    assert (taken_out["identical"], taken_out["compared"]) == (8, 0)
    # As it is, and once unchanged: nobody is asked about the same words a third time.
    assert len(model.requests) == 16


def test_a_fair_model_has_no_flips_and_the_command_says_what_that_is_worth(check, orders):
    ran = check(Model(), orders, "--max-flips", "0", "--swap", "gender")
    assert ran.code == 0, ran.err
    assert "8 conversations graded as they are; unchanged again, 0 of 8 grades flipped" in ran.out
    assert "No flip is no proof" in ran.out
    assert "which leaves 38%" in ran.out


def test_a_model_that_wavers_shows_in_the_repeats_and_does_not_fail_the_gate(check, orders):
    turn = itertools.count()
    model = Model(lambda text: next(turn) % 3 == 0)
    command = ("--swap", "dialect-non-native", "--repeats", "3", "--max-flips", "0.1", "-f", "json")
    ran = check(model, orders, *command)
    assert ran.code == 0, ran.err
    assert ran.lines[0]["repeats"]["flips"] > 3
    assert ran.lines[0]["repeats"]["grades"] == 24


def test_a_model_that_is_away_is_exit_code_3_and_counted(check, orders):
    ran = check(ModelServer(default=failing(401)), orders, "-f", "json")
    assert ran.code == 3
    assert ran.lines[0]["failed"] == 8
    assert ran.err.count("not graded: order-") == 8


def test_swaps_that_fail_are_reported_and_in_no_share(check, orders):
    class Half(Model):
        def behaviour_for(self, request):
            return failing(400) if b"gonna" in request.body else super().behaviour_for(request)

    ran = check(Half(), orders, "-f", "json", "--swap", "dialect-african-american")
    row = swaps(ran)["dialect-african-american-agent"]
    assert (row["failed"], row["compared"], row["overall"]["swapped"]["value"]) == (8, 0, None)
    assert "not graded: order-0, dialect-african-american-agent" in ran.err


def test_an_unknown_swap_is_exit_code_2_with_what_there_is(qalibrate, orders):
    ran = qalibrate("eval", "fairness", orders, "--swap", "accent")
    assert ran.code == 2
    assert "there is no swap 'accent'; there are: names, gender, dialect" in ran.err


def test_bad_input_is_told_and_the_rest_is_tried(check, orders, tmp_path):
    ran = check(Model(), orders, tmp_path / "none.json", "-f", "json", "--swap", "gender")
    assert ran.code == 2
    assert "cannot read" in ran.err
    assert ran.lines[0]["conversations"] == 8


def test_a_gate_that_measures_nothing_does_not_look_open(check, tmp_path):
    path = tmp_path / "plain.json"
    path.write_text(json.dumps(conversation("What is wrong?", "My parcel is late.")))
    ran = check(Model(), path, "--swap", "gender", "--max-flips", "0.5")
    assert (ran.code, "failed: nothing was compared" in ran.err) == (1, True)
    assert "Nothing to swap in any conversation: gender-agent, gender-customer, gender-others." in ran.out


def test_names_are_never_printed(check, orders):
    for output in ("table", "json"):
        ran = check(
            Model(lambda text: "stone" not in text),
            orders,
            "-f",
            output,
            "--swap",
            "names-arabic",
            "--sample",
            "2",
        )
        assert "stone" not in (ran.out + ran.err).lower()


def test_the_same_seed_gives_the_same_report(check, orders):
    command = (
        orders,
        "-f",
        "json",
        "--sample",
        "3",
        "--seed",
        "7",
        "--swap",
        "dialect-non-native",
        "--swap",
        "names-arabic",
    )
    assert check(Model(), *command).out == check(Model(), *command).out


def test_rules_hardly_mind_who_speaks_in_the_bundled_samples(qalibrate, monkeypatch):
    files = sorted(SAMPLES.glob("*-*-*.json"))
    ran = qalibrate("eval", "fairness", *files, "--grader", "signals", "-f", "json", "--sample", "7")
    assert ran.code == 0, ran.err
    report = ran.lines[0]
    assert (report["conversations"], report["failed"], report["repeats"]["flips"]) == (7, 0, 0)
    flipped = {row["swap"]: row["overall"]["swapped"]["flips"] for row in report["swaps"]}
    # Rules know a phrase by its words: a question without its article may be another one.
    assert sum(flipped.values()) <= 6
    assert not any(flips for name, flips in flipped.items() if not name.startswith("dialect"))


def test_help_names_the_swaps():
    command = [sys.executable, "-m", "evals.cli", "eval", "fairness", "--help"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "names, gender, dialect" in " ".join(ran.stdout.replace("│", " ").split())
