import asyncio
import csv
import io
import json
import sys

import pytest

from service.domain.label import LabelFilter
from service.domain.submission import EvaluationFilter
from service.factory import Factory
from service.settings import read_settings
from service.usecases.requests import EvaluationRequest
from tests.service.cards import conversation

HEADER = "conversation,dimension,rater,level"


@pytest.fixture
def stored(qalibrate):
    def read(**wanted):
        factory = Factory(read_settings())
        try:
            return factory.labels.list("default", LabelFilter(**wanted), None, 200).items
        finally:
            factory.close()

    return read


@pytest.fixture
def evaluations(qalibrate):
    """Twelve evaluations on inbound-service, by rules; one of a conversation with a name like a formula."""
    factory = Factory(read_settings())
    factory.upgrade_database()

    async def grade():
        for number in range(12):
            name = "=c0" if number == 0 else f"c{number}"
            said = conversation(external_id=name, agent={"id": f"a{number % 3}"}, channel="call")
            request = {"conversation": said, "scorecard": "inbound-service"}
            await factory.submit("default", EvaluationRequest.model_validate(request))
        await factory.worker.start()
        wanted = [one.id for one in factory.evaluations.list("default", EvaluationFilter(), None, 50).items]
        for one in wanted:
            await factory.completions.wait("default", one, 50)
        await factory.worker.stop()

    asyncio.run(grade())
    factory.close()


def test_a_file_is_taken_in_and_told_of(qalibrate, stored, tmp_path):
    file = tmp_path / "labels.csv"
    file.write_text(f"{HEADER}\nc1,greeting,r1,yes\nc2,greeting,r1,na\n")
    ran = qalibrate("labels", "import", file, "--scorecard", "inbound-service", "--not-blind")
    assert (ran.code, ran.out) == (0, "")
    assert "2 stored" in ran.err
    assert {(x.conversation, x.level, x.blind, x.scorecard) for x in stored()} == {
        ("c1", "yes", False, "inbound-service"),
        ("c2", "na", False, "inbound-service"),
    }
    again = qalibrate("labels", "import", file, "--scorecard", "inbound-service")
    assert (again.code, "2 known before" in again.err) == (0, True)


def test_bad_rows_and_conflicts_are_named_by_line_and_the_rest_is_stored(qalibrate, stored, tmp_path):
    file = tmp_path / "labels.csv"
    file.write_text(
        f"{HEADER}\nc1,greeting,r1,yes\nc1,greeting,r1,no\nc2,gone,r1,1\nc3,greeting,r1,\x1b[2J\n"
    )
    ran = qalibrate("labels", "import", file, "--scorecard", "inbound-service")
    assert ran.code == 2
    errors = [line.split(": ")[1:3] for line in ran.err.splitlines() if line.startswith("error")]
    assert [where.rpartition(":")[2] for where, _ in errors] == ["4", "5", "3"]
    assert "\x1b" not in ran.err
    assert len(stored()) == 1


def test_in_json_everything_is_listed(qalibrate, tmp_path):
    file = tmp_path / "labels.jsonl"
    label = {"conversation": "c1", "dimension": "greeting", "rater": "r1", "level": "yes"}
    file.write_text("\n".join(json.dumps(one) for one in (label, label, {**label, "level": "no"}, {})))
    ran = qalibrate("labels", "import", file, "--format", "json")
    assert ran.code == 2
    (done,) = ran.lines
    assert done["stored"] == 1
    assert [one["row"] for one in done["duplicates"]] == [2]
    assert [one["row"] for one in done["conflicts"]] == [3]
    assert {one["row"] for one in done["problems"]} == {4}


def test_labels_come_through_a_pipe(qalibrate, stored, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"id,dimension,level\nc1,x,3\n")))
    assert qalibrate("labels", "import", "-", "--rater", "r1").code == 0
    assert [(x.rater, x.level) for x in stored()] == [("r1", 3)]


def test_a_file_that_is_not_there_and_an_unknown_card_are_bad_input(qalibrate, tmp_path):
    missing = qalibrate("labels", "import", tmp_path / "none.csv")
    assert (missing.code, "cannot read" in missing.err) == (2, True)
    (tmp_path / "some.csv").write_text(HEADER)
    unknown = qalibrate("labels", "import", tmp_path / "some.csv", "--scorecard", "no-card")
    assert (unknown.code, "there is no scorecard 'no-card'" in unknown.err) == (2, True)


def test_a_plan_is_filled_in_and_comes_back_with_its_probabilities(qalibrate, evaluations, stored, tmp_path):
    file = tmp_path / "plan.csv"
    ran = qalibrate("labels", "plan", "--scorecard", "inbound-service", "--count", 5, "--out", file)
    assert ran.code == 0
    assert "Stratum" in ran.out
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))
    assert 3 <= len({row["evaluation"] for row in rows}) <= 7
    assert not any(row["conversation"].startswith("=") for row in rows)
    empty = qalibrate("labels", "import", file)
    assert (empty.code, f"{len(rows)} not filled in" in empty.err) == (0, True)
    greetings = [row for row in rows if row["dimension"] == "greeting"]
    for row in greetings:
        row |= {"rater": "r1", "level": "yes"}
    with file.open("w", newline="") as out:
        table = csv.DictWriter(out, rows[0])
        table.writeheader()
        table.writerows(rows)
    assert qalibrate("labels", "import", file).code == 0
    wanted = {row["evaluation"]: (True, "inbound-service@1") for row in greetings}
    found = stored()
    assert {x.evaluation: (x.blind, x.scorecard) for x in found} == wanted
    assert all(0 < x.probability <= 1 and x.stratum and x.plan for x in found)


def test_raters_see_question_answers_and_words_and_nothing_that_the_machine_thinks(
    qalibrate, evaluations, tmp_path
):
    sheet, said = tmp_path / "plan.csv", tmp_path / "said.txt"
    plan = ("labels", "plan", "--scorecard", "inbound-service", "--count", 4, "--out", sheet)
    assert qalibrate(*plan, "--transcripts", said).code == 0
    rows = list(csv.DictReader(io.StringIO(sheet.read_text("utf-8-sig"))))
    assert {row["allowed"] for row in rows if row["dimension"] == "greeting"} == {"no / yes / na"}
    assert all(row["asked"].endswith("?") for row in rows)
    for word in ("fails", "low_confidence", "signals", "confidence"):
        assert word not in sheet.read_text("utf-8-sig")
        assert word not in said.read_text("utf-8-sig")
    assert "   0 agent: " in said.read_text("utf-8-sig")


def test_a_plan_goes_to_standard_output(qalibrate, evaluations):
    table = qalibrate("labels", "plan", "--scorecard", "inbound-service", "--count", 4)
    assert table.out.startswith("conversation,evaluation,plan,dimension,asked,allowed,rater,level,blind\n")
    (plan,) = qalibrate("labels", "plan", "--scorecard", "inbound-service", "--count", 4, "-f", "json").lines
    assert plan["population"] == 12
    assert {one["agent"] for one in plan["conversations"]} == {"a0", "a1", "a2"}
    none = qalibrate("labels", "plan", "--scorecard", "inbound-service", "--since", "2999-01-01")
    assert (none.code, "no completed evaluation" in none.err) == (2, True)
    assert qalibrate("labels", "plan", "--scorecard", "inbound-service", "--since", "soon").code == 2


def test_what_is_wrong_with_many_rows_is_said_once(qalibrate, tmp_path):
    file = tmp_path / "labels.csv"
    rows = [f"c{number},no-such,r1,yes" for number in range(700)]
    rows += [f"c{number},greeting,r1,level-{number}" for number in range(90)]
    file.write_text("\n".join([HEADER, *rows]))
    ran = qalibrate("labels", "import", file, "--scorecard", "inbound-service")
    errors = [line for line in ran.err.splitlines() if line.startswith("error")]
    assert len(errors) == 51
    assert ":2: dimension: 'no-such' is not on inbound-service@1" in errors[0]
    assert errors[0].endswith("(699 more like it)")
    assert "and 41 more" in errors[-1]


def test_raters_in_columns_are_an_error_that_says_what_to_do(qalibrate, stored, tmp_path):
    file = tmp_path / "wide.csv"
    file.write_text("conversation,greeting_ann,greeting_bob\nc1,yes,no\n")
    ran = qalibrate("labels", "import", file, "--scorecard", "inbound-service", "--rater", "r1")
    assert ran.code == 2
    assert "write one row per rater" in ran.err
    assert "0 stored, 1 bad" in ran.err
    assert stored() == []


def test_labels_that_fit_nothing_are_stored_with_a_word_on_it(qalibrate, tmp_path):
    file = tmp_path / "labels.csv"
    file.write_text(f"{HEADER}\nnobody,gretting,r1,yes\n")
    ran = qalibrate("labels", "import", file, "--tenant", "acmee")
    assert (ran.code, "1 stored" in ran.err) == (0, True)
    assert "no evaluation yet, e.g. 'nobody'" in ran.err
    assert "did you mean 'greeting'?" in ran.err
    assert "the tenant 'acmee' has neither keys nor evaluations" in ran.err
