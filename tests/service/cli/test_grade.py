import io
import json
import subprocess
import sys

import pytest

from evals.model_server import Behaviour, ModelServer, failing
from tests.service.cards import card, conversation, dimension


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "conversations.jsonl"
    rows = [conversation(external_id="first"), conversation("Hello", "No", "Bye"), {"turns": []}]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_every_row_comes_back_in_order_and_a_bad_one_does_not_stop_the_rest(qalibrate, file):
    ran = qalibrate("grade", file, "--format", "json")
    assert [row["id"] for row in ran.lines] == ["first", "1", "2"]
    assert [row["status"] for row in ran.lines] == ["completed", "completed", "failed"]
    assert ran.code == 2
    assert "conversations.jsonl#2: /turns" in ran.err


def test_a_table_shows_grades_evidence_coaching_and_what_is_left_open(qalibrate, tmp_path):
    path = tmp_path / "one.json"
    path.write_text(json.dumps(conversation("Good morning, how can I help?", "Where is it?", "Goodbye.")))
    ran = qalibrate("grade", path)
    assert ran.code == 0
    for expected in ("greeting", "“Good morning", "Strength", "needs a language model", "of 100 over"):
        assert expected in ran.out.replace("\n", " ")


@pytest.mark.parametrize("suffix", ["txt", "vtt", "srt"])
def test_transcripts_of_every_kind_are_read(qalibrate, tmp_path, suffix):
    cue = {
        "vtt": "WEBVTT\n\n00:00.000 --> 00:02.000\n",
        "srt": "1\n00:00:00,000 --> 00:00:02,000\n",
        "txt": "",
    }
    path = tmp_path / f"call.{suffix}"
    path.write_text(f"{cue[suffix]}Agent: Hello, how can I help you today?\n")
    ran = qalibrate("grade", path, "--format", "json", "--scorecard", "inbound-service")
    assert ran.lines[0]["status"] == "completed"


def test_a_minus_reads_standard_input(qalibrate, monkeypatch):
    text = json.dumps(conversation()).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    ran = qalibrate("grade", "-", "--format", "json")
    assert (ran.code, ran.lines[0]["id"]) == (0, "0")


def test_an_own_scorecard_file_is_used_and_turns_come_when_asked_for(qalibrate, file, tmp_path):
    own = tmp_path / "card.yaml"
    own.write_text(json.dumps(card(dimension("greeting", signals=["greeting"]))))
    ran = qalibrate("grade", file, "--scorecard", own, "--format", "json", "--include", "turns")
    assert ran.lines[0]["scorecard"] == {"name": "test-card", "revision": 1}
    assert ran.lines[0]["turns"][1] == {"speaker": "customer", "text": "My parcel is late."}


def test_a_fail_is_exit_code_1_when_asked_for(qalibrate, tmp_path):
    path = tmp_path / "rude.json"
    path.write_text(json.dumps(conversation("What.", "My parcel is late.", "Shut up, you idiot.")))
    assert qalibrate("grade", path).code == 0
    assert qalibrate("grade", path, "--require-pass").code == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.json"], "cannot read nowhere.json"),
        (["-", "--scorecard", "foo@bar"], "a name and a revision"),
        (["-", "--scorecard", "nobody"], "there is no scorecard 'nobody'"),
        (["-", "--scorecard", "cards/own"], "error: --scorecard: there is no file cards/own\n"),
        (
            ["-", "--scorecard", "evals/example/scoreard.yaml"],
            "there is no file evals/example/scoreard.yaml; did you mean evals/example/scorecard.yaml?",
        ),
        (["-", "--grader", "llm"], "OPENAI_BASE_URL"),
        (["-", "--grader", "oracle"], "oracle"),
    ],
)
def test_bad_usage_is_exit_code_2_and_a_sentence(qalibrate, monkeypatch, arguments, told):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(conversation()).encode())))
    ran = qalibrate("grade", *arguments)
    assert ran.code == 2
    assert told in ran.err
    assert "Traceback" not in ran.err


def test_a_labelled_set_is_told_where_it_belongs_once(qalibrate, tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(json.dumps({"conversation": conversation(), "labels": []}) for _ in range(3)))
    ran = qalibrate("grade", path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: {path}: this is a labelled set; `qalibrate eval run` grades those\n"


def test_a_model_that_is_away_is_exit_code_3_with_the_reason(qalibrate, file, monkeypatch):
    with ModelServer(default=failing(401)) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        file.write_text(json.dumps(conversation()))
        ran = qalibrate("grade", file, "--format", "json", "--scorecard", "inbound-service")
    assert ran.code == 3
    assert ran.lines[0]["error"]["type"] == "model-refuses-key"


def test_a_model_whose_answers_are_no_use_is_told(qalibrate, file, monkeypatch):
    with ModelServer(default=Behaviour(text="lorem ipsum")) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        file.write_text(json.dumps(conversation()))
        ran = qalibrate("grade", file, "--scorecard", "inbound-service")
    assert ran.code == 0
    assert "graded nothing in 1 of 1" in ran.err


PRICE = "gpt-*: {input: 0, output: 1000}"
"""USD per million tokens, so that 1,000 tokens of answer cost one dollar."""


@pytest.fixture
def priced(tmp_path, monkeypatch):
    """A model's server whose answers cost one dollar each, and a file of ten conversations."""
    prices = tmp_path / "prices.yaml"
    prices.write_text(PRICE)
    monkeypatch.setenv("QALIBRATE_PRICES", str(prices))
    many = tmp_path / "many.jsonl"
    many.write_text("\n".join(json.dumps(conversation()) for _ in range(10)))
    own = tmp_path / "card.yaml"
    own.write_text(json.dumps(card(dimension("greeting"))))
    with ModelServer(default=Behaviour(body=a_dollars_worth(), latency_s=0.02)) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        yield many, own, model


def a_dollars_worth():
    entry = {"applies": True, "evidence": [{"turn": 0, "quote": "Good"}], "absence": None}
    answer = {"dimensions": {"greeting": {**entry, "rationale": "It is said.", "level": "yes"}}}
    usage = {"prompt_tokens": 10, "completion_tokens": 1000}
    message = {"role": "assistant", "content": json.dumps(answer)}
    completion = {"model": "gpt-x", "choices": [{"message": message, "finish_reason": "stop"}]}
    return json.dumps({**completion, "usage": usage}).encode()


def test_a_run_stops_at_its_cost_and_says_what_is_left(qalibrate, priced):
    many, own, model = priced
    ran = qalibrate("grade", many, "--scorecard", own, "--max-cost", "2.5", "--format", "json")
    statuses = [row["status"] for row in ran.lines]
    assert len(statuses) == 10
    graded = statuses.count("completed")
    assert 2 <= graded <= 4
    assert statuses == ["completed"] * graded + ["cancelled"] * (10 - graded)
    assert ran.lines[-1]["error"]["type"] == "max-cost"
    spent = len(model.requests)
    assert f"spent ${spent}.0000 of --max-cost $2.5000; stopped there, {10 - graded} left ungraded" in ran.err
    assert ran.code == 1


def test_a_run_within_its_cost_is_fine_and_the_table_shows_the_sum(qalibrate, priced):
    many, own, model = priced
    ran = qalibrate("grade", many, "--scorecard", own, "--max-cost", "1000")
    total = f"${len(model.requests)}.0000"
    assert ran.code == 0
    assert f"Total cost: {total} for 10 of 10 evaluations" in ran.out
    assert f"spent {total} of --max-cost $1,000.0000\n" in ran.err


def test_limits_of_the_model_are_taken_from_the_settings(qalibrate, priced, monkeypatch):
    many, own, model = priced
    monkeypatch.setenv("QALIBRATE_MODEL_CONCURRENCY", "1")
    assert qalibrate("grade", many, "--scorecard", own).code == 0
    assert model.most_at_once == 1


def test_prices_that_are_not_there_are_told_with_their_variable(qalibrate, priced, monkeypatch):
    monkeypatch.setenv("QALIBRATE_PRICES", "/nowhere.yaml")
    ran = qalibrate("grade", priced[0])
    assert ran.code == 2
    assert "QALIBRATE_PRICES: there is no file /nowhere.yaml" in ran.err


def test_bad_input_weighs_more_than_a_run_that_was_stopped(qalibrate, priced):
    many, own, _ = priced
    ran = qalibrate("grade", many, "nowhere.json", "--scorecard", own, "--max-cost", "1")
    assert ran.code == 2
    assert "left ungraded" in ran.err


@pytest.mark.parametrize(
    ("arguments", "variables", "told"),
    [
        (["--grader", "signals"], {}, "this run uses none"),
        ([], {"QALIBRATE_MODEL": "unheard-of"}, "needs the price of 'unheard-of'"),
        ([], {"QALIBRATE_PRICES": ""}, "QALIBRATE_PRICES"),
        (["--max-cost", "0"], {}, "above 0"),
        (["--max-cost", "nan"], {}, "above 0"),
        (["--max-cost", "inf"], {}, "above 0"),
        (["--max-cost", "much"], {}, "--max-cost"),
    ],
)
def test_a_cost_that_cannot_be_kept_is_refused_before_anything_is_spent(
    qalibrate, priced, monkeypatch, arguments, variables, told
):
    many, own, model = priced
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ran = qalibrate("grade", many, "--scorecard", own, "--max-cost", "5", *arguments)
    assert ran.code == 2
    assert told in ran.err
    assert not model.requests


def test_a_mistake_in_the_prices_names_the_file_the_line_and_the_remedy(
    qalibrate, file, tmp_path, monkeypatch
):
    prices = tmp_path / "prices.yaml"
    prices.write_text("gpt-5.5:\n  input: 1\n  otput: 2\n")
    monkeypatch.setenv("QALIBRATE_PRICES", str(prices))
    ran = qalibrate("grade", file)
    assert ran.code == 2
    assert f"QALIBRATE_PRICES: {prices}: line 3, column 3: a price has no key 'otput'" in ran.err
    assert "did you mean 'output'?" in ran.err


def test_many_conversations_are_graded_side_by_side(qalibrate, tmp_path, monkeypatch):
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join(json.dumps(conversation()) for _ in range(16)))
    with ModelServer(default=Behaviour(latency_s=1)) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        ran = qalibrate("grade", path, "--format", "json", "--scorecard", "inbound-service")
    assert len(ran.lines) == 16
    assert model.most_at_once > 4


def test_a_wrong_setting_names_its_variable(qalibrate, file, monkeypatch):
    monkeypatch.setenv("QALIBRATE_MODEL_TIMEOUT_S", "soon")
    ran = qalibrate("grade", file)
    assert ran.code == 2
    assert "QALIBRATE_MODEL_TIMEOUT_S" in ran.err


def test_a_file_that_cannot_be_read_does_not_lose_the_others(qalibrate, file):
    ran = qalibrate("grade", file, "nowhere.jsonl", "--format", "json")
    assert ran.code == 2
    assert len(ran.lines) == 4
    assert "cannot read nowhere.jsonl" in ran.err


def test_no_conversation_at_all_is_bad_input(qalibrate, tmp_path):
    path = tmp_path / "empty.jsonl"
    path.write_text("")
    assert qalibrate("grade", path, "--require-pass").code == 2


def test_too_little_graded_is_no_pass(qalibrate, tmp_path):
    path = tmp_path / "one.json"
    path.write_text(json.dumps(conversation("Hello, how can I help?", "Where is it?", "Goodbye.")))
    ran = qalibrate("grade", path, "--require-pass")
    assert ran.code == 1
    assert "no verdict, less than half of the card is graded" in ran.out


def test_a_closed_pipe_is_no_failure(file, tmp_path):
    script = f"{sys.executable} -m service.cli grade {file} --format json; echo code $? >&2"
    ran = subprocess.run(["bash", "-c", f"({script}) | true"], capture_output=True, text=True, timeout=120)
    assert "code 0" in ran.stderr or "code 2" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_misspelt_variable_is_warned_of(qalibrate, file, monkeypatch):
    monkeypatch.setenv("QALIBRATE_GRADR", "llm")
    assert "QALIBRATE_GRADR is not known; did you mean QALIBRATE_GRADER?" in qalibrate("grade", file).err
