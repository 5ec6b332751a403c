"""`qalibrate eval run` over real HTTP: recorded, replayed, killed, broken off, and judged."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from evals.model_server import Behaviour, ModelServer, failing, stand_in_answer
from tests.evals.runs.sets import CARD, conversation, record, write_set

ROOT = Path(__file__).parents[3]
FRENCH = (
    "Bonjour, je voudrais savoir pourquoi mon colis n'est toujours pas arrivé alors que je l'ai commandé il "
    "y a deux semaines et que personne ne répond à mes messages. Madame, je regarde tout de suite ce qui "
    "s'est passé avec votre commande."
)
PRICES = "stand-in: {input: 1, output: 1}\n"


class Model(ModelServer):
    """Gives a level that is a function of the request."""

    def __init__(self, level=lambda number, request: 3, **more):
        super().__init__(**more)
        self.level = level

    def behaviour_for(self, request):
        found = super().behaviour_for(request)
        if found.status != 200:
            return found
        answer = json.loads(stand_in_answer(request.json))
        entry = answer["dimensions"]["helpful"]
        entry["level"] = self.level(desk(request), request.json)
        return replace(found, text=json.dumps(answer))


def desk(request) -> int:
    """The number of the conversation that a request is about."""
    said = "\n".join(str(message["content"]) for message in request.json["messages"])
    return int(re.search(r"order desk (\d+)\.", said)[1])


@pytest.fixture
def card(tmp_path):
    path = tmp_path / "card.yaml"
    path.write_text(CARD)
    return path


@pytest.fixture
def orders(tmp_path):
    return write_set(tmp_path / "orders.jsonl", [record(number) for number in range(6)])


@pytest.fixture
def check(qalibrate, card, monkeypatch):
    """Runs the command against a model, or without one."""

    def command(model, *arguments, card=card):
        fixed = ("--scorecard", card)
        if model is None:
            return qalibrate("eval", "run", *arguments, *fixed)
        with model:
            monkeypatch.setenv("OPENAI_BASE_URL", model.url)
            monkeypatch.setenv("QALIBRATE_MODEL", "stand-in")
            try:
                return qalibrate("eval", "run", *arguments, *fixed)
            finally:
                monkeypatch.delenv("OPENAI_BASE_URL")
                monkeypatch.delenv("QALIBRATE_MODEL")

    return command


def read(path):
    return json.loads(Path(path).read_text("utf-8"))


def test_a_run_holds_labels_grades_and_turns_and_says_how_far_they_agree(check, orders, tmp_path):
    ran = check(Model(lambda number, _: 1 + number % 3), orders, "--out", tmp_path / "run.json")
    assert ran.code == 0
    run = read(tmp_path / "run.json")
    assert [one["id"] for one in run["conversations"]] == [f"order-{number}" for number in range(6)]
    assert (run["grader"], run["dataset"], run["left_out"]) == ("llm", "orders.jsonl", 0)
    first = run["conversations"][0]
    assert [label["level"] for label in first["labels"]] == [1, 1, "yes"]
    assert first["evaluations"][0]["turns"][1]["text"] == "The parcel is not here."
    assert "6 completed" in ran.out
    assert "100.0%" in ran.out
    assert not (tmp_path / "run.json.part").exists()


@pytest.mark.parametrize("option", ["--out", "--csv", "--junit", "--summary", "--html"])
def test_what_is_read_is_not_written_over_and_no_model_is_asked(check, orders, card, tmp_path, option):
    base = tmp_path / "base.json"
    assert check(Model(), orders, "--out", base).code == 0
    for path in (base, orders, card):
        before, model = path.read_bytes(), Model()
        ran = check(model, orders, "--baseline", base, option, path)
        assert ran.code == 2
        assert f"{path} is also read, and would be overwritten" in ran.err
        assert path.read_bytes() == before
        assert model.requests == []


def test_a_recorded_run_is_replayed_byte_by_byte_without_a_model(check, orders, tmp_path):
    folder = tmp_path / "answers"
    assert check(Model(), orders, "--record", folder, "--repeats", "2").code == 0
    for name in ("a.json", "b.json"):
        ran = check(None, orders, "--replay", folder, "--repeats", "2", "--out", tmp_path / name)
        assert ran.code == 0
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    run = read(tmp_path / "a.json")
    created = read(folder / "recording.json")["created_at"]
    times = {
        e[key]
        for one in run["conversations"]
        for e in one["evaluations"]
        for key in ("created_at", "completed_at")
    }
    assert times == {run["created_at"]} == {created}


def test_a_replay_opens_no_connection(check, orders, card, tmp_path):
    check(Model(), orders, "--record", tmp_path / "answers")
    code = """
import sys
opened = []
watched = ("socket.connect", "socket.getaddrinfo")
sys.addaudithook(lambda name, _: opened.append(name) if name in watched else None)
from evals.cli import run
code = run(sys.argv[1:])
print(code, opened, file=sys.stderr)
"""
    arguments = ["eval", "run", orders, "--scorecard", card, "--replay", tmp_path / "answers"]
    env = {**os.environ, "QALIBRATE_REDACTION_PROCESSES": "0", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", code, *arguments], env=env, capture_output=True, text=True)
    assert ran.stderr.splitlines()[-1] == "0 []", ran.stderr


def test_a_table_that_cannot_be_written_leaves_the_run(check, orders, tmp_path):
    out = tmp_path / "run.json"
    ran = check(None, orders, "--grader", "signals", "--out", out, "--csv", tmp_path / "no" / "run.csv")
    assert (ran.code, "run.csv cannot be written" in ran.err) == (3, True)
    assert out.exists()


def test_a_replay_with_another_scorecard_names_the_conversations_and_what_changed(
    check, orders, card, tmp_path
):
    folder = tmp_path / "answers"
    check(Model(), orders, "--record", folder)
    card.write_text(CARD.replace("is rude", "is very rude"))
    ran = check(None, orders, "--replay", folder, "--out", tmp_path / "run.json")
    assert ran.code == 2
    assert "no answer for order-0, order-1" in ran.err
    assert "since it was recorded, the scorecard changed" in ran.err
    assert not (tmp_path / "run.json").exists()


def test_a_replay_of_changed_conversations_says_so_and_of_unchanged_ones_grades(check, orders, tmp_path):
    folder = tmp_path / "answers"
    check(Model(), orders, "--record", folder)
    more = write_set(tmp_path / "more.jsonl", [record(number) for number in range(7)])
    ran = check(None, more, "--replay", folder)
    assert ran.code == 2
    assert "no answer for order-6\n" in ran.err
    assert "the conversations or their labels changed" in ran.err
    assert check(None, more, "--replay", folder, "--limit", "6").code == 0


def test_a_replay_with_more_repeats_than_recorded_says_so(check, orders, tmp_path):
    check(Model(), orders, "--record", tmp_path / "answers")
    ran = check(None, orders, "--replay", tmp_path / "answers", "--repeats", "2")
    assert ran.code == 2
    assert "the number of repeats changed" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--replay", "nowhere"), "holds no recording"),
        (("--replay", "a", "--record", "b"), "leave one of them out"),
        (("--replay", "a", "--max-cost", "1"), "a replay asks nobody"),
        (("--replay", "a", "--max-requests", "1"), "a replay asks nobody"),
        (("--grader", "signals", "--record", "a"), "asks no model"),
        (("--grader", "signals", "--max-requests", "1"), "this run asks none"),
        (("--grader", "llm"), "OPENAI_API_KEY"),
        (("--dimension", "helpfull"), "did you mean 'helpful'?"),
        (("--grader", "signals", "--out", "no/such/folder/run.json"), "there is no folder"),
        (("--grader", "signals", "--baseline", __file__), "is no"),
    ],
)
def test_options_that_cannot_be_followed_are_bad_input(check, orders, arguments, said):
    ran = check(None, orders, *arguments)
    assert (ran.code, said in ran.err) == (2, True), ran.err


def test_a_broken_recording_is_named(check, orders, tmp_path):
    folder = tmp_path / "answers"
    check(Model(), orders, "--record", folder)
    broken = next(path for path in folder.rglob("*.json") if path.name != "recording.json")
    broken.write_text("{")
    ran = check(None, orders, "--replay", folder)
    assert ran.code == 2
    assert broken.name in ran.err
    (folder / "recording.json").write_text("[]")
    assert check(None, orders, "--replay", folder).code == 2


def test_what_is_recorded_already_is_not_asked_again(check, orders, tmp_path):
    folder = tmp_path / "answers"
    first, second, third = Model(), Model(), Model()
    check(first, orders, "--record", folder, "--limit", "4")
    ran = check(second, orders, "--record", folder)
    assert (len(first.requests), len(second.requests)) == (4, 2)
    assert "4 answers were in" in ran.err
    check(third, orders, "--record", folder, "--fresh")
    assert len(third.requests) == 6


def test_a_model_that_wavers_is_found_with_its_dimension(check, orders):
    seeds = []

    def wavering(number, request):
        seeds.append(request["seed"])
        return 1 if number == 2 and request["seed"] == min(seeds) else 3

    ran = check(Model(wavering), orders, "--repeats", "3", "-f", "json")
    (figures,) = ran.lines
    by_id = {one["dimension"]: one["unstable"] for one in figures["dimensions"]}
    assert (by_id["helpful"]["value"], by_id["helpful"]["n"]) == (1 / 6, 6)
    assert by_id["polite"]["value"] == 0
    assert figures["unstable"]["value"] == 1 / 12
    assert figures["unstable"]["high"] > 0.1
    assert len(set(seeds)) == 3


def test_requests_are_limited_and_the_same_command_goes_on(check, orders, tmp_path):
    out = tmp_path / "run.json"
    first = Model()
    ran = check(first, orders, "--out", out, "--max-requests", "4")
    assert (ran.code, len(first.requests)) == (1, 4)
    assert "2 left ungraded" in ran.err
    assert read(out)["left_out"] == 2
    second = Model()
    ran = check(second, orders, "--out", out)
    assert (ran.code, len(second.requests)) == (0, 2)
    assert "4 of 6 were graded before" in ran.err
    assert read(out)["left_out"] == 0
    assert not out.with_name("run.json.part").exists()


def test_cost_is_limited(check, orders, tmp_path, monkeypatch):
    (tmp_path / "prices.yaml").write_text(PRICES)
    monkeypatch.setenv("QALIBRATE_PRICES", str(tmp_path / "prices.yaml"))
    ran = check(Model(), orders, "--max-cost", "0.000001", "-f", "json")
    assert ran.code == 1
    assert (ran.lines[0]["left_out"], ran.lines[0]["completed"]) == (5, 1)
    assert ran.lines[0]["cost_usd"] > 0


def test_a_model_that_was_away_for_some_is_asked_for_those_again(check, orders, tmp_path):
    out = tmp_path / "run.json"
    ran = check(Model(script=[failing(401)] * 2), orders, "--out", out)
    assert ran.code == 3
    assert "not graded: order-" in ran.err
    assert out.with_name("run.json.part").exists()
    again = Model()
    assert check(again, orders, "--out", out).code == 0
    assert len(again.requests) == 2


def test_a_run_with_other_settings_does_not_go_on(check, orders, tmp_path):
    out = tmp_path / "run.json"
    check(Model(), orders, "--out", out, "--max-requests", "2")
    ran = check(Model(), orders, "--out", out, "--repeats", "2")
    assert ran.code == 2
    assert "belongs to a run with other settings (repeats)" in ran.err
    assert check(Model(), orders, "--out", out, "--repeats", "2", "--fresh").code == 0


def test_bad_lines_are_named_and_the_rest_is_graded(check, tmp_path):
    bad = [
        record(0),
        "no object",
        record(1, labels=[{"dimension": "helpfull", "rater": "r1", "level": 1}]),
        record(2, labels=[{"dimension": "helpful", "rater": "r1", "level": 9}]),
        {"conversation": conversation(0), "labels": []},
        record(3, labels=[{"dimension": "helpful", "rater": "a", "level": n} for n in (1, 2)]),
        {"conversation": {**conversation(4), "turns": []}},
        {
            "conversation": conversation(
                5,
                language=None,
                turns=[{"speaker": "agent", "text": FRENCH}],
            )
        },
    ]
    path = write_set(tmp_path / "bad.jsonl", bad)
    path.write_text(path.read_text("utf-8") + "\n{", "utf-8")
    ran = check(None, path, "--grader", "signals", "--out", tmp_path / "run.json", "-f", "json")
    assert ran.code == 2
    for line, said in {
        2: "expected are labelled conversations",
        3: "/labels/0: the scorecard 'one-question' has no dimension 'helpfull'; did you mean 'helpful'?",
        4: "/labels/0: '9' is not on the scale of 'helpful', which has 1, 2, 3 or na",
        5: "the id 'order-0' was given to",
        6: "'a' gives 'helpful' 1 and 2; keep one of them",
        7: "/conversation/turns",
        9: "this is not JSON",
    }.items():
        assert re.search(rf"line {line}: .*{re.escape(said)}", ran.err), said
    assert "order-5: /conversation/language" in ran.err
    assert ran.lines[0]["completed"] == 4
    problems = [one["id"] for one in read(tmp_path / "run.json")["conversations"] if one["problem"]]
    assert len(problems) == 5


def test_a_number_in_quotes_is_told_to_go_without(check, tmp_path):
    quoted = record(0, labels=[{"dimension": "helpful", "rater": "r1", "level": "3"}])
    ran = check(None, write_set(tmp_path / "set.jsonl", [quoted]), "--grader", "signals")
    assert "'3' is a text, and the levels of 'helpful' are numbers: write 3, without quotes" in ran.err


def test_a_set_without_a_conversation_is_bad_input(check, tmp_path):
    (tmp_path / "empty.jsonl").write_text("\n")
    assert check(None, tmp_path / "empty.jsonl", "--grader", "signals").code == 2
    assert check(None, tmp_path / "away.jsonl", "--grader", "signals").code == 2


def test_labels_come_from_a_table_too(check, tmp_path):
    path = write_set(tmp_path / "calls.jsonl", [conversation(number) for number in range(3)])
    rows = ["conversation,dimension,rater,level", "order-0,helpful,r1,3", "order-1,helpful,r1,na"]
    (tmp_path / "labels.csv").write_text("\n".join([*rows, "order-9,helpful,r1,1"]))
    ran = check(Model(), path, "--labels", tmp_path / "labels.csv", "--out", tmp_path / "run.json")
    assert ran.code == 2
    assert "line 4: there is no conversation 'order-9' in the set" in ran.err
    labels = [
        [label["level"] for label in one["labels"]] for one in read(tmp_path / "run.json")["conversations"]
    ]
    assert labels == [[3], ["na"], []]


def test_a_run_becomes_a_table_in_which_nothing_is_a_formula(check, qalibrate, tmp_path):
    records = [{"conversation": {**conversation(1), "external_id": "=cmd|'/c calc'!A1"},
                "labels": [{"dimension": "helpful", "rater": "@r1", "level": 2}]}]  # fmt: skip
    path = write_set(tmp_path / "calls.jsonl", records)
    out = tmp_path / "run.json"
    check(Model(), path, "--out", out, "--csv", tmp_path / "run.csv")
    ran = qalibrate("eval", "export", out, "--csv", "-")
    assert ran.out == (tmp_path / "run.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [row["dimension"] for row in rows] == ["helpful", "polite"]
    first = rows[0]
    assert first["conversation"] == "'=cmd|'/c calc'!A1"
    assert (first["level"], first["label by @r1"], first["consensus"]) == ("3", "2", "2")


def test_personal_data_and_peoples_words_are_not_in_the_run(check, tmp_path):
    turns = [{"speaker": "customer", "text": "Write to oliver.stone@example.org, order desk 1."}]
    label = {"dimension": "helpful", "rater": "r1", "level": 3, "rationale": "Oliver was happy"}
    path = write_set(
        tmp_path / "calls.jsonl", [{"conversation": conversation(1, turns=turns), "labels": [label]}]
    )
    out, folder = tmp_path / "run.json", tmp_path / "answers"
    assert check(Model(), path, "--out", out, "--record", folder).code == 0
    written = out.read_text("utf-8") + "".join(p.read_text("utf-8") for p in folder.rglob("*.json"))
    assert "oliver.stone" not in written
    assert "Oliver was happy" not in written


def test_a_better_run_passes_and_a_worse_one_fails_against_a_baseline(check, tmp_path):
    orders = write_set(tmp_path / "many.jsonl", [record(number) for number in range(30)])
    base = tmp_path / "base.json"
    right = Model(lambda number, _: 1 + number % 3)
    assert check(right, orders, "--out", base).code == 0
    worse = Model(lambda number, _: 3 - number % 3)
    ran = check(worse, orders, "--baseline", base, "--junit", tmp_path / "junit.xml")
    assert ran.code == 1
    assert (tmp_path / "junit.xml").exists()
    same = Model(lambda number, _: 1 + number % 3)
    assert check(same, orders, "--baseline", base).code == 0


def test_a_broken_floor_fails_a_run_that_nobody_asked_to_judge(check, tmp_path):
    orders = write_set(tmp_path / "orders.jsonl", [record(0, floors={"helpful": 3}), record(1)])
    assert check(Model(lambda *_: 3), orders).code == 0
    ran = check(Model(lambda *_: 2), orders)
    assert ran.code == 1
    assert "helpful" in ran.err
    assert "at least 3" in ran.err


def test_every_language_and_sign_comes_through_a_recording(check, tmp_path):
    texts = (
        "Добрый день, order desk 1. Чем могу помочь?",
        "您好，我的包裹没到 👋🏽\u2028",
        "I will send it again.",
    )
    turns = [{"speaker": s, "text": t} for s, t in zip(("agent", "customer", "agent"), texts, strict=True)]
    path = write_set(
        tmp_path / "набор 集.jsonl", [{"conversation": conversation(1, turns=turns, external_id="звонок-一")}]
    )
    folder = tmp_path / "ответы"
    assert check(Model(), path, "--record", folder).code == 0
    ran = check(None, path, "--replay", folder, "--out", tmp_path / "запуск.json")
    assert ran.code == 0
    run = read(tmp_path / "запуск.json")
    assert run["dataset"] == "набор 集.jsonl"
    assert run["conversations"][0]["id"] == "звонок-一"


def test_a_recording_that_cannot_be_written_any_more_ends_the_run(check, orders, tmp_path):
    folder = tmp_path / "answers"
    folder.mkdir()
    for number in range(256):
        (folder / f"{number:02x}").write_text("in the way")
    ran = check(Model(), orders, "--record", folder, "--out", tmp_path / "run.json")
    assert ran.code == 3
    assert "cannot be written" in ran.err
    assert not (tmp_path / "run.json").exists()


def test_a_repair_that_failed_when_it_was_recorded_fails_in_the_replay(check, orders, tmp_path):
    folder, out = tmp_path / "answers", (tmp_path / "a.json", tmp_path / "b.json")
    half = Model(script=[Behaviour(), failing(401)], level=lambda _number, _request: 9)
    ran = check(half, orders, "--record", folder, "--limit", "1", "--out", out[0])
    assert (ran.code, len(half.requests)) == (0, 2)
    assert check(None, orders, "--replay", folder, "--limit", "1", "--out", out[1]).code == 0
    grades = [read(path)["conversations"][0]["evaluations"][0]["grades"] for path in out]
    assert grades[0] == grades[1]
    assert grades[0][0]["ungraded_reason"] == "the model gave a level that is not on the scale"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_a_full_disk_is_a_failure_outside(check, orders, tmp_path):
    (tmp_path / "run.json.part").symlink_to("/dev/full")
    ran = check(None, orders, "--grader", "signals", "--out", tmp_path / "run.json")
    assert ran.code == 3
    assert "cannot be written" in ran.err


def test_a_run_that_is_killed_goes_on_and_asks_nothing_twice(card, tmp_path):
    many = write_set(tmp_path / "many.jsonl", [record(number) for number in range(24)])
    out = tmp_path / "run.json"
    part = out.with_name("run.json.part")

    def command(model):
        env = {**os.environ, "OPENAI_BASE_URL": model.url, "QALIBRATE_MODEL": "stand-in"}
        env |= {"QALIBRATE_REDACTION_PROCESSES": "0", "QALIBRATE_MODEL_CONCURRENCY": "2"}
        env |= {"PYTHONPATH": str(ROOT)}
        arguments = [str(many), "--scorecard", str(card), "--out", str(out)]
        arguments += ["--record", str(tmp_path / "answers")]
        shell = [sys.executable, "-m", "evals.cli", "eval", "run", *arguments]
        return subprocess.Popen(shell, env=env, stderr=subprocess.PIPE, text=True)

    # Ten answers, and then none: there is no moment at which the run could be over.
    with Model(script=[Behaviour()] * 10, default=Behaviour(hang=True)) as first:
        process = command(first)
        while not (part.exists() and part.read_bytes().count(b"\n") == 11):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert not out.exists()
    done = {json.loads(line)["id"] for line in part.read_bytes().split(b"\n")[1:-1]}
    with Model() as second:
        process = command(second)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "10 of 24 were graded before" in err
    run = read(out)
    assert [one["id"] for one in run["conversations"]] == [f"order-{number}" for number in range(24)]
    assert all(len(one["evaluations"]) == 1 for one in run["conversations"])
    asked = Counter(f"order-{desk(request)}" for request in second.requests)
    assert asked == Counter({f"order-{number}" for number in range(24)} - done)
    assert not part.exists()


def test_ctrl_c_leaves_what_was_done(card, tmp_path):
    many = write_set(tmp_path / "many.jsonl", [record(number) for number in range(8)])
    part = tmp_path / "run.json.part"
    with Model(script=[Behaviour()] * 3, default=Behaviour(hang=True)) as model:
        env = {**os.environ, "OPENAI_BASE_URL": model.url, "QALIBRATE_REDACTION_PROCESSES": "0"}
        env |= {"QALIBRATE_MODEL_CONCURRENCY": "1", "PYTHONPATH": str(ROOT)}
        arguments = [str(many), "--scorecard", str(card), "--out", str(tmp_path / "run.json")]
        shell = [sys.executable, "-m", "evals.cli", "eval", "run", *arguments]
        process = subprocess.Popen(shell, env=env, stderr=subprocess.PIPE, text=True)
        while not (part.exists() and part.read_bytes().count(b"\n") == 4):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped after 3 of 8; the same command goes on from there" in err
    assert part.read_bytes().count(b"\n") == 4
