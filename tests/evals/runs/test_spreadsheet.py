"""A run as a table: nothing in it is a formula, and everything comes back."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.runs.spreadsheet import harmless, run_csv
from service.domain.evaluation import Evaluation, Failure, RedactionSummary, ScorecardRef
from service.domain.grade import Evidence, Grade
from service.domain.label import Label
from service.domain.run import Run, RunConversation
from service.domain.scorecard import ScorecardRevision
from service.domain.scorecard_file import read_scorecard
from tests.evals.runs.sets import CARD

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
REVISION = ScorecardRevision(scorecard=read_scorecard(CARD), revision=1)


def grade(text):
    return Grade(
        dimension="helpful",
        section="all",
        outcome="graded",
        level=2,
        rationale=text,
        evidence=(Evidence(turn=1, speaker="agent", quote=text, start=0, end=len(text)),) if text else (),
        grader="llm",
    )


def evaluation(**more):
    return Evaluation(
        id="a",
        status="completed",
        scorecard=ScorecardRef(name="one-question", revision=1),
        language="en",
        created_at=MOMENT,
        redaction=RedactionSummary(entities={}, policy="p", version="1"),
        **more,
    )


def run_of(*conversations, repeats=1):
    return Run(
        created_at=MOMENT,
        version="1",
        dataset="d",
        dataset_sha256="0",
        scorecard=REVISION,
        grader="llm",
        repeats=repeats,
        conversations=conversations,
    )


def rows_of(run):
    return list(csv.DictReader(io.StringIO(run_csv(run), newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\r=1", "＝1", "\n=1", "－1"])
def test_what_begins_like_a_formula_begins_with_an_apostrophe(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1", "да", "'=1", "您好"])
def test_other_text_stays_as_it_is(text):
    assert harmless(text) == text


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_every_text_comes_back_from_the_table_and_none_is_a_formula(text):
    name = text.strip()[:50] or "x"
    label = Label(dimension="helpful", rater=name, level=3)
    one = RunConversation(
        id=text, input_sha256="0", labels=(label,), evaluations=(evaluation(grades=(grade(text),)),)
    )
    first, second = rows_of(run_of(one))
    assert first["conversation"] == first["rationale"] == harmless(text)
    assert first[harmless(f"label by {label.rater}")] == "3"
    assert second["dimension"] == "polite"
    for cell in (*first, *first.values(), *second.values()):
        assert cell is not None
        assert cell.lstrip()[:1] not in ("=", "+", "-", "@")


def test_each_repeat_has_a_row_and_what_failed_says_why():
    failed = evaluation(error=Failure(type="timeout", detail="it took too long")).model_copy(
        update={"status": "failed"}
    )
    both = RunConversation(id="a", input_sha256="0", evaluations=(evaluation(grades=(grade("ok"),)), failed))
    unread = RunConversation(id="b", input_sha256="0", problem="/turns: Field required")
    left_out = RunConversation(id="c", input_sha256="0")
    rows = [
        row for row in rows_of(run_of(both, unread, left_out, repeats=2)) if row["dimension"] == "helpful"
    ]
    assert [(row["conversation"], row["repeat"], row["level"], row["problem"]) for row in rows] == [
        ("a", "0", "2", ""),
        ("a", "1", "", "it took too long"),
        ("b", "0", "", "/turns: Field required"),
        ("c", "0", "", "left ungraded"),
    ]


def test_consensus_is_of_those_who_had_not_seen_the_grade_and_a_first_opinion_comes_first():
    labels = (
        Label(dimension="helpful", rater="a", level=3, blind=False),
        Label(dimension="helpful", rater="a", level=1, blind=True),
        Label(dimension="helpful", rater="b", level=3, blind=False),
    )
    (row, _) = rows_of(run_of(RunConversation(id="a", input_sha256="0", labels=labels)))
    assert (row["label by a"], row["label by b"], row["consensus"]) == ("1", "3", "1")
