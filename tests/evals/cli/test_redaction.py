import json
import os
import subprocess
import sys

import pytest

MAIL = "Write to a.b@example.com please"
LEAKING = "My favourite colour is mauve"


def record(text, *spans):
    return {
        "full_text": text,
        "masked": text,
        "template_id": 1,
        "metadata": None,
        "spans": [
            {
                "entity_type": kind,
                "entity_value": value,
                "start_position": text.index(value),
                "end_position": text.index(value) + len(value),
            }
            for kind, value in spans
        ],
    }


FOUND = record(MAIL, ("EMAIL", "a.b@example.com"))
MISSED = record(LEAKING, ("COLOUR", "mauve"))


def ours(language, text, value, kind):
    start = text.index(value)
    return {
        "conversation": {"language": language, "turns": [{"speaker": "customer", "text": text}]},
        "entities": [{"turn": 0, "start": start, "end": start + len(value), "type": kind}],
    }


@pytest.fixture
def dataset(tmp_path):
    def write(*records, name="set.json"):
        path = tmp_path / name
        path.write_text(json.dumps(records))
        return path

    return write


def rows(group):
    return {row["type"]: row for row in group["types"]}


def test_json_has_every_rate_by_language_and_type_with_intervals(qalibrate, dataset):
    ran = qalibrate("eval", "redaction", dataset(FOUND, MISSED), "--language", "en", "--format", "json")
    assert ran.code == 0, ran.err
    [report] = ran.lines
    assert (report["policy"], report["lower"], report["bad_records"]) == ("only-mail", False, 0)
    [group] = report["groups"]
    assert (group["language"], group["conversations"], group["turns"]) == ("en", 2, 2)
    found = rows(group)
    assert found["EMAIL"]["recall"]["value"] == 1
    assert found["EMAIL"]["labelled"] == {"EMAIL_ADDRESS": len("abexamplecom")}
    assert found["COLOUR"]["leak_rate"]["value"] == 1
    # 12 of 12 + 5 letters, all of what was taken out right.
    assert found["ANY"]["recall"]["value"] == pytest.approx(12 / 17)
    assert found["ANY"]["precision"]["value"] == 1
    assert set(found["ANY"]["leak_rate"]) == {"value", "low", "high"}
    assert (report["intervals"]["level"], report["intervals"]["seed"] > 0) == (0.95, True)


def test_the_same_set_gives_the_same_figures(qalibrate, dataset):
    command = ("eval", "redaction", dataset(FOUND, MISSED, FOUND), "--language", "en", "--format", "json")
    assert qalibrate(*command).out == qalibrate(*command).out


def test_languages_are_told_apart(qalibrate, dataset):
    path = dataset(
        ours("en", MAIL, "a.b@example.com", "EMAIL_ADDRESS"),
        ours("zh", "我的邮箱是 a.b@example.com", "a.b@example.com", "EMAIL_ADDRESS"),
        ours("ru", "моя почта a.b@example.com", "a.b@example.com", "EMAIL_ADDRESS"),
    )
    ran = qalibrate("eval", "redaction", path, "--format", "json")
    assert [group["language"] for group in ran.lines[0]["groups"]] == ["all", "en", "ru", "zh"]
    assert all(rows(group)["EMAIL_ADDRESS"]["recall"]["value"] == 1 for group in ran.lines[0]["groups"])


def test_a_person_reads_a_table_that_holds_no_text_of_the_set(qalibrate, dataset):
    ran = qalibrate("eval", "redaction", dataset(FOUND, MISSED), "--language", "en")
    assert ran.code == 0
    assert "en: 2 conversations, 2 turns" in ran.out
    assert "→ EMAIL_ADDRESS" in ran.out
    assert "False hits per 1,000 turns: 0.0" in ran.out
    assert "mauve" not in ran.out + ran.err


def test_who_asks_for_errors_sees_the_misses_with_their_context(qalibrate, dataset):
    hostile = record("My colour is \x1b[31mmauve", ("COLOUR", "\x1b[31mmauve"))
    ran = qalibrate("eval", "redaction", dataset(FOUND, MISSED, hostile), "--language", "en", "--errors", "2")
    assert "[mauve]" in ran.out
    assert "\x1b" not in ran.out
    assert "mauve" not in ran.err


def test_errors_do_not_go_into_json(qalibrate, dataset):
    ran = qalibrate("eval", "redaction", dataset(MISSED), "--errors", "2", "--format", "json")
    assert (ran.code, ran.out) == (2, "")


def test_ignored_types_are_not_there(qalibrate, dataset):
    path = dataset(FOUND, MISSED)
    ran = qalibrate("eval", "redaction", path, "--language", "en", "--ignore", "COLOUR", "-f", "json")
    assert set(rows(ran.lines[0]["groups"][0])) == {"ANY", "EMAIL"}
    assert ran.lines[0]["ignored"] == ["COLOUR"]


def test_only_one_type_of_what_is_taken_out(qalibrate, dataset):
    ran = qalibrate(
        "eval", "redaction", dataset(FOUND), "--language", "en", "--only", "PERSON", "--format", "json"
    )
    found = rows(ran.lines[0]["groups"][0])
    assert (found["EMAIL"]["recall"]["value"], found["EMAIL"]["precision"]) == (0, None)


def test_lower_reads_the_text_as_a_recognizer_would_have_written_it(qalibrate, dataset, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("name: everything\n")
    phone = record("My phone is 212-555-0199.", ("PHONE", "212-555-0199"))
    ran = qalibrate(
        "eval", "redaction", dataset(phone), "--language", "en", "--policy", policy, "--lower", "-f", "json"
    )
    assert ran.lines[0]["policy"] == "everything"
    assert rows(ran.lines[0]["groups"][0])["PHONE"]["recall"]["value"] == 1
    assert ran.lines[0]["groups"][0]["characters"] == len("my phone is 212 555 0199 ")


def test_a_policy_decides_what_is_taken_out(qalibrate, dataset, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("name: ours\nentities: {EMAIL_ADDRESS: keep, URL: keep}\n")
    ran = qalibrate("eval", "redaction", dataset(FOUND), "--language", "en", "--policy", policy, "-f", "json")
    assert ran.lines[0]["policy"] == "ours"
    assert rows(ran.lines[0]["groups"][0])["EMAIL"]["recall"]["value"] == 0


def test_so_many_records_only(qalibrate, dataset):
    ran = qalibrate(
        "eval", "redaction", dataset(FOUND, MISSED), "--language", "en", "--limit", "1", "-f", "json"
    )
    assert ran.lines[0]["groups"][0]["conversations"] == 1


@pytest.mark.parametrize(
    ("gate", "code"),
    [
        (("--min-recall", "0.7"), 0),
        (("--min-recall", "0.71"), 1),
        (("--max-leak", "0.5"), 0),
        (("--max-leak", "0.4"), 1),
        (("--min-precision", "1"), 0),
    ],
)
def test_a_gate_fails_with_1_and_says_why(qalibrate, dataset, gate, code):
    # Recall is 12 / 17 = .7059, one of two spans leaks.
    ran = qalibrate("eval", "redaction", dataset(FOUND, MISSED), "--language", "en", *gate)
    assert ran.code == code
    assert ("failed:" in ran.err) == bool(code)


def test_a_gate_on_what_cannot_be_known_fails(qalibrate, dataset):
    nothing = record(LEAKING)
    ran = qalibrate("eval", "redaction", dataset(nothing), "--language", "en", "--min-recall", "0.1")
    assert ran.code == 1
    assert "recall is not known" in ran.err


def test_bad_records_are_named_the_rest_is_measured_and_the_code_is_2(qalibrate, dataset):
    bad = FOUND | {"spans": [FOUND["spans"][0] | {"end_position": 999}]}
    path = dataset(FOUND, bad)
    ran = qalibrate("eval", "redaction", path, "--language", "en", "--format", "json")
    assert ran.code == 2
    assert f"{path}, item 1: /spans/0/end_position: the span ends at 999" in ran.err
    assert (ran.lines[0]["bad_records"], ran.lines[0]["groups"][0]["conversations"]) == (1, 1)


@pytest.mark.parametrize("arguments", [("nothing.json",), (os.devnull,), ()])
def test_nothing_to_measure_is_bad_input(qalibrate, arguments):
    assert qalibrate("eval", "redaction", *arguments).code == 2


def test_a_text_in_no_known_language_is_a_bad_record(qalibrate, dataset):
    finnish = "hyvää päivää olisin halunnut kysyä milloin uusi puhelin saapuu meille kotiin " * 4
    ran = qalibrate("eval", "redaction", dataset(record(finnish)))
    assert ran.code == 2
    assert "--language" in ran.err


def test_the_service_alone_does_not_know_the_command_and_the_installed_one_does():
    def help_of(module):
        command = [sys.executable, "-m", module, "--help"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    assert "Measure redaction" in help_of("evals.cli")
    assert "Measure redaction" not in help_of("service.cli")


def test_from_standard_input_over_processes_with_progress_on_standard_error():
    lines = "\n".join(json.dumps(FOUND) for _ in range(60))
    command = [sys.executable, "-m", "evals.cli", "eval", "redaction", "-", "--language", "en", "-f", "json"]
    environment = os.environ | {"QALIBRATE_REDACTION_PROCESSES": "2"}
    ran = subprocess.run(command, input=lines, env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["groups"][0]["conversations"] == 60
    assert "redacted: 50" in ran.stderr


def test_no_command_starts_slower_for_what_measures():
    code = "import sys, evals.cli; print(*(name for name in sys.modules if name.startswith('evals.')))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    # The commands themselves and the options that they share, and nothing of what they measure with.
    shared = {"evals.gate", "evals.gate.options"}
    assert {name.split(".")[1] for name in set(ran.stdout.split()) - shared} == {"cli"}


def test_help_waits_for_no_database_redaction_model_or_statistics():
    heavy = {
        "sqlalchemy",
        "redaction",
        "numpy",
        "scipy",
        "sklearn",
        "httpx2",
        "openai",
        "fastapi",
        "cryptography",
    }
    heavy |= {"service.factory", "structlog"}
    code = "import sys, evals.cli; print(evals.cli.run(['--help'])); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    code_of_help, loaded = ran.stdout.splitlines()[-2:]
    assert (code_of_help, heavy & set(loaded.split())) == ("0", set())


@pytest.mark.parametrize("option", ["--only", "--ignore"])
def test_a_mistyped_type_is_an_error_with_the_nearest_one(qalibrate, dataset, option):
    path = dataset(FOUND, MISSED)
    ran = qalibrate("eval", "redaction", path, "--language", "en", option, "EMIAL_ADDRESS")
    assert (ran.code, ran.out) == (2, "")
    assert "'EMIAL_ADDRESS'; did you mean EMAIL_ADDRESS?" in ran.err
    assert "did you mean COLOUR?" in qalibrate("eval", "redaction", path, option, "COLOR").err
    assert qalibrate("eval", "redaction", path, option, "QQ").err.endswith("the set has COLOUR, EMAIL\n")


@pytest.mark.parametrize("name", ["EMAIL_ADDRESS", "EMAIL"])
def test_only_one_type_leaves_out_what_people_marked_as_others(qalibrate, dataset, name):
    ran = qalibrate(
        "eval", "redaction", dataset(FOUND, MISSED), "--language", "en", "--only", name, "-f", "json"
    )
    found = rows(ran.lines[0]["groups"][0])
    assert set(found) == {"ANY", "EMAIL"}
    assert (found["ANY"]["recall"]["value"], found["ANY"]["precision"]["value"]) == (1, 1)


def test_a_title_is_no_person_unless_it_is_asked_for(qalibrate, dataset):
    path = dataset(record("Ms Lee", ("TITLE", "Ms"), ("PERSON", "Lee")))
    command = ("eval", "redaction", path, "--language", "en", "-f", "json", "--only")
    assert set(rows(qalibrate(*command, "PERSON").lines[0]["groups"][0])) == {"ANY", "PERSON"}
    assert set(rows(qalibrate(*command, "TITLE").lines[0]["groups"][0])) == {"ANY", "PERSON", "TITLE"}


def test_what_redaction_leaves_by_design_is_noted_once(qalibrate, dataset):
    path = dataset(FOUND, record("Ms Lee is 44", ("TITLE", "Ms"), ("AGE", "44")))
    command = ("eval", "redaction", path, "--language", "en")
    note = "note: not taken out by design: AGE, TITLE; leave them out with --ignore AGE --ignore TITLE\n"
    assert qalibrate(*command).err == note
    assert qalibrate(*command, "--ignore", "AGE", "--ignore", "TITLE").err == ""
    # Known whether the set has it or not: one command fits several sets.
    assert qalibrate(*command, "--ignore", "NRP").code == 0


@pytest.mark.parametrize("name", ["set.json", "set.jsonl"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "line 1: there is nothing in it"),
        (" \n\n", "line 1: there is nothing in it"),
        ("name,phone\nAnn,1\n", "line 1: this is not JSON"),
        ("[\n{}\n{}]", "line 3: this is not JSON"),
        ("[]", "no record to measure"),
    ],
)
def test_what_is_no_set_is_told_with_the_line_and_what_is_expected(qalibrate, tmp_path, name, content, said):
    path = tmp_path / name
    path.write_text(content)
    ran = qalibrate("eval", "redaction", path)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count('expected are records {"full_text", "spans"}') == 1


def test_progress_over_a_file_says_of_how_many(qalibrate, dataset):
    assert "redacted: 50/60\n" in qalibrate("eval", "redaction", dataset(*[FOUND] * 60)).err


def test_rates_in_json_have_six_places_at_most(qalibrate, dataset):
    ran = qalibrate("eval", "redaction", dataset(FOUND, MISSED), "--language", "en", "-f", "json")
    row = rows(ran.lines[0]["groups"][0])["ANY"]
    assert row["recall"]["value"] == 0.705882
    ends = [row[rate][end] for rate in ("recall", "precision", "f2", "leak_rate") for end in ("low", "high")]
    assert all(0 <= end <= 1 and end == round(end, 6) for end in ends)
