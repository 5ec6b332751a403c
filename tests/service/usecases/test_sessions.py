import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import event

from service.domain.audit import AuditFilter
from service.domain.errors import Conflict, Gone, InvalidInput, NotFound, NotThisRater
from service.domain.keys import ApiKey
from service.domain.label import LabelFilter
from service.domain.review import ReviewRequest
from service.domain.review_queue import QueueFilter
from service.domain.session import AnswersRequest, SessionRequest
from service.storage.database import Database
from service.storage.upgrade import upgrade
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from service.usecases.reviews import Reviews
from service.usecases.session_results import spread
from service.usecases.sessions import Sessions
from service.usecases.words import RedactWords
from tests.service.erasing import erasing
from tests.service.remains import remains_of
from tests.service.results import keep, own_assessment, own_card

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
KEY = ApiKey(id="k1", tenant="a", name="desk", scopes=("review",), created_at=NOW)
LISTENING = next(d for d in own_card().dimensions if d.id == "listening").scale


BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database(request, tmp_path):
    """An SQLite database; both kinds for a test that asks for them."""
    on_server = getattr(request, "param", "sqlite") == "postgresql"
    url = request.getfixturevalue("postgres_url") if on_server else f"sqlite:///{tmp_path / 'x.db'}"
    made = Database(url)
    upgrade(made, [], NOW)
    keep(made, "a", "e1", own_assessment(), NOW)
    keep(made, "a", "e2", own_assessment(), NOW, external_id="crm-882")
    yield made
    made.close()


@pytest.fixture
def sessions(database):
    return Sessions(database, RedactWords(WorkPool(0), Policies()))


def opened(sessions, request):
    return asyncio.run(sessions.open(KEY, SessionRequest.model_validate(request)))


def sheet_of(sessions, session, rater):
    return sessions.sheet("a", session.id, rater, session.tokens.get(rater))


@pytest.fixture
def session(sessions):
    request = {"name": "November", "evaluations": ["e1", "e2"], "raters": ["r1", "r2"], "expert": "r9"}
    return opened(sessions, request)


@pytest.fixture
def answer(sessions, session):
    def run(rater, evaluation="e1", of=session, **levels):
        given = [{"evaluation": evaluation, "dimension": d, "level": level} for d, level in levels.items()]
        request = AnswersRequest.model_validate({"rater": rater, "answers": given})
        return asyncio.run(sessions.answer(KEY, of.id, request, of.tokens.get(rater)))

    return run


def test_a_sheet_asks_and_tells_nothing_that_anybody_thinks(sessions, session, answer):
    answer("r1", listening=3)
    sheet = sheet_of(sessions, session, "r2")
    assert [one.evaluation for one in sheet.conversations] == ["e1", "e2"]
    assert sheet.conversations[0].turns[2].text == "I am sorry. You get it on Friday."
    assert sheet.questions[1].levels[0].anchor == "The customer has to say everything twice."
    everything = sheet.model_dump_json()
    for thought in (
        'rationale":"',
        "confidence",
        "One thing is said twice",
        "Nothing is offered",
        '"points"',
    ):
        assert thought not in everything
    assert all(not one.answers for one in sheet.conversations)
    assert sheet_of(sessions, session, "r1").conversations[0].answers[0].level == 3
    with pytest.raises(InvalidInput, match="r1, r2, r9"):
        sheet_of(sessions, session, "r3")


def test_answers_may_change_until_the_session_is_closed_and_are_hidden_until_then(sessions, session, answer):
    answer("r1", listening=3)
    assert answer("r1", listening="1", greeting="yes").answered == {"r1": 2, "r2": 0, "r9": 0}
    with pytest.raises(Conflict, match="open"):
        sessions.results("a", session.id)
    found = sessions.close(KEY, session.id)
    (listening,) = [one for one in found.dimensions if one.dimension == "listening"]
    assert listening.items[0].answers == {"r1": 1}
    with pytest.raises(Conflict, match="closed"):
        answer("r1", listening=2)


@BOTH
def test_results_put_the_answers_side_by_side_the_furthest_apart_first(sessions, session, answer):
    answer("r1", listening=2, greeting="yes")
    answer("r2", listening=2, greeting="no")
    answer("r9", listening=2, greeting="yes")
    answer("r1", "e2", listening=1)
    answer("r2", "e2", listening=3)
    answer("r9", "e2", listening=2)
    found = sessions.close(KEY, session.id)
    by = {one.dimension: one for one in found.dimensions}
    first, second = by["listening"].items
    assert (first.evaluation, first.answers, first.expert, first.machine, first.spread) == (
        "e2",
        {"r1": 1, "r2": 3},
        2,
        2,
        2,
    )
    assert second.spread == 0
    against = by["listening"].against_expert
    assert (against["r1"].n, against["r1"].exact.value, against["r1"].bias.value) == (2, 0.5, -0.5)
    assert [one.rater for one in by["listening"].agreement.raters] == ["r1", "r2", "r9"]
    assert by["listening"].agreement.columns["llm"].n == 2
    assert by["compensation"].items[0].spread is None
    assert found.missing == {"r1": 7, "r2": 7, "r9": 7}
    assert "too few" in found.notes[0]
    assert sessions.results("a", session.id) == found == sessions.close(KEY, session.id)


@BOTH
def test_answers_become_blind_labels(database, sessions, session, answer):
    answer("r1", listening=3)
    answer("r9", listening=2)
    found = sessions.close(KEY, session.id)
    assert (found.labels.stored, found.labels.seen) == (2, 0)
    with database.begin("a") as tx:
        labels = tx.labels.list(LabelFilter(), None, 9)
    assert {(one.rater, one.level, one.blind, one.scorecard) for one in labels} == {
        ("r1", 3, True, "own-card@1"),
        ("r9", 2, True, "own-card@1"),
    }


def test_who_was_blind_once_has_seen_the_grade_since(database, sessions, session, answer):
    verdict = {"dimension": "listening", "verdict": "accept", "level": 2, "blind": True}
    request = ReviewRequest.model_validate({"reviewer": "R1", "verdicts": [verdict]})
    asyncio.run(Reviews(database, RedactWords(WorkPool(0), Policies())).review(KEY, "e1", request))
    answer("r1", listening=3)
    assert sessions.close(KEY, session.id).labels.seen == 1
    with database.begin("a") as tx:
        (label,) = tx.labels.list(LabelFilter(), None, 9)
    assert (label.level, label.blind) == (2, True)


def test_who_reviewed_a_grade_before_is_not_blind_to_it(database, sessions, session, answer):
    verdict = {"dimension": "listening", "verdict": "overrule", "level": 1, "reason": "Twice."}
    request = ReviewRequest.model_validate({"reviewer": "r1", "verdicts": [verdict]})
    asyncio.run(Reviews(database, RedactWords(WorkPool(0), Policies())).review(KEY, "e1", request))
    answer("r1", listening=3, greeting="yes")
    assert sessions.close(KEY, session.id).labels.seen == 1
    with database.begin("a") as tx:
        labels = {one.dimension: one for one in tx.labels.list(LabelFilter(), None, 9)}
    assert (labels["listening"].blind, labels["greeting"].blind) == (False, True)


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"rater": "r3"}, "/rater"),
        ({"evaluation": "e3"}, "/answers/0/evaluation"),
        ({"listening": 4}, "/answers/0/level"),
        ({"listening": "na"}, "/answers/0/level"),
        ({"manners": 1}, "/answers/0/dimension"),
    ],
)
def test_a_bad_answer_stores_none(sessions, session, answer, said, pointer):
    given = {"rater": "r1", "listening": 2} | said
    if "manners" in said:
        del given["listening"]
    with pytest.raises(InvalidInput) as refused:
        answer(given.pop("rater"), **given)
    assert [one.pointer for one in refused.value.problems] == [pointer]
    assert sessions.get("a", session.id).answered == {"r1": 0, "r2": 0, "r9": 0}


def test_rationales_are_redacted(database, sessions, session):
    one = {"evaluation": "e1", "dimension": "listening", "level": 2, "rationale": "Card 4111 1111 1111 1111."}
    request = AnswersRequest.model_validate({"rater": "r1", "answers": [one]})
    asyncio.run(sessions.answer(KEY, session.id, request, session.tokens["r1"]))
    assert "4111" not in sheet_of(sessions, session, "r1").model_dump_json()


def test_the_name_of_a_session_is_redacted(sessions):
    request = {"name": "Call with Peter Miller", "evaluations": ["e1"], "raters": ["r1", "r2"]}
    assert opened(sessions, request).name == "Call with <PERSON_1>"
    assert [one.name for one in sessions.list("a", None, 9).items] == ["Call with <PERSON_1>"]


def test_a_session_is_about_completed_evaluations_on_one_card(sessions, database):
    keep(database, "a", "e3", None, NOW, external_id="crm-883")
    request = {"name": "x", "evaluations": ["e1", "e3", "nothing"], "raters": ["r1", "r2"]}
    with pytest.raises(InvalidInput) as refused:
        opened(sessions, request)
    assert [one.pointer for one in refused.value.problems] == ["/evaluations/1", "/evaluations/2"]


@BOTH
def test_sessions_are_listed_newest_first_and_each_tenant_sees_its_own(sessions, session):
    request = {"name": "Late", "evaluations": ["e1"], "raters": ["r1", "r2"], "due": NOW - timedelta(days=1)}
    late = opened(sessions, request)
    page = sessions.list("a", None, 1)
    assert [(one.id, one.overdue) for one in page.items] == [(late.id, True)]
    assert [one.id for one in sessions.list("a", page.next_cursor, 9).items] == [session.id]
    assert sessions.list("b", None, 9).items == []
    for attempt in (sessions.get, sessions.results):
        with pytest.raises(NotFound):
            attempt("b", session.id)


LEVELS = st.lists(st.sampled_from([1, 2, 3]), min_size=2)


@given(levels=LEVELS)
def test_a_spread_is_the_distance_of_the_furthest_two(levels):
    assert spread(LISTENING, levels) == max(levels) - min(levels)
    assert spread(LISTENING, levels[:1]) is None


def test_conversations_may_be_named_by_what_they_are_called_outside(sessions, database):
    request = {"name": "x", "evaluations": ["crm-881", "e2"], "raters": ["r1", "r2"]}
    session = opened(sessions, request)
    assert session.evaluations == ("e1", "e2")
    one = {"evaluation": "crm-882", "dimension": "listening", "level": 2}
    given = AnswersRequest.model_validate({"rater": "r1", "answers": [one]})
    asyncio.run(sessions.answer(KEY, session.id, given, session.tokens["r1"]))
    assert sheet_of(sessions, session, "r1").conversations[1].answers[0].level == 2
    with pytest.raises(InvalidInput, match="named twice"):
        opened(sessions, request | {"evaluations": ["crm-881", "e1"]})


def test_nothing_is_said_of_a_conversation_that_was_erased(database, sessions, session, answer):
    erasing(database).one("a", "e1", "k1")
    with pytest.raises(Gone):
        answer("r1", listening=2)
    assert answer("r1", "e2", listening=2).answered["r1"] == 1


@BOTH
def test_words_do_not_survive_an_erasure_at_the_moment_of_closing(database, sessions, session):
    one = {"evaluation": "e1", "dimension": "listening", "level": 2, "rationale": "She said it twice."}
    request = AnswersRequest.model_validate({"rater": "r1", "answers": [one]})
    asyncio.run(sessions.answer(KEY, session.id, request, session.tokens["r1"]))
    closing = threading.Thread(target=sessions.close, args=(KEY, session.id))
    with database.begin("a") as tx:
        erasing(database).within(tx, ["e1"], NOW)
        closing.start()
        # Without waiting for this transaction it would be done by now.
        closing.join(timeout=1)
    closing.join(timeout=60)
    assert sessions.get("a", session.id).state == "closed"
    assert remains_of({"She said it twice."}, database) == set()


def test_a_sheet_is_opened_by_its_own_token_alone(sessions, session):
    for token in (None, "", session.tokens["r2"]):
        with pytest.raises(NotThisRater):
            sessions.sheet("a", session.id, "r1", token)
    one = {"evaluation": "e1", "dimension": "listening", "level": 2}
    given = AnswersRequest.model_validate({"rater": "r1", "answers": [one]})
    with pytest.raises(NotThisRater):
        asyncio.run(sessions.answer(KEY, session.id, given, session.tokens["r2"]))
    assert sheet_of(sessions, session, "r1").conversations[0].answers == ()
    sessions.close(KEY, session.id)
    assert sheet_of(sessions, session, "r1").state == "closed"


def test_tokens_are_shown_once_and_kept_as_digests(database, sessions, session):
    assert set(session.tokens) == {"r1", "r2", "r9"}
    assert remains_of(set(session.tokens.values()), database) == set()
    assert not hasattr(sessions.get("a", session.id), "tokens")


@BOTH
def test_the_queue_shows_no_grades_of_what_people_grade_blind(database, sessions, session):
    def waiting():
        with database.begin("a") as tx:
            return {one.evaluation.id for one in tx.reviews.queue(QueueFilter(now=NOW), None, 9)}

    assert waiting() == set()
    sessions.close(KEY, session.id)
    assert waiting() == {"e1", "e2"}


def test_who_took_part_in_a_closed_session_has_seen_its_grades(database, sessions, session, answer):
    answer("r2", listening=2)
    sessions.close(KEY, session.id)
    again = opened(sessions, {"name": "again", "evaluations": ["e1"], "raters": ["r1", " R2", "r3"]})
    for rater in again.raters:
        answer(rater, listening=3, of=again)
    found = sessions.close(KEY, again.id)
    # What r2 said blind in the first one stays.
    assert (found.labels.seen, found.labels.stored, found.labels.known) == (2, 2, 1)
    (listening,) = [one for one in found.dimensions if one.dimension == "listening"]
    assert [one.rater for one in listening.agreement.raters] == ["r3"]
    assert listening.agreement.seen == 2
    assert "had seen the grade: 2" in found.notes[-1]
    with database.begin("a") as tx:
        labels = {one.rater: (one.level, one.blind) for one in tx.labels.list(LabelFilter(), None, 9)}
    assert labels == {"r2": (2, True), "r1": (3, False), "r3": (3, True)}


def test_one_person_is_one_however_the_name_is_written(sessions, answer, session):
    with pytest.raises(ValidationError, match="each person is named once"):
        SessionRequest.model_validate({"name": "x", "evaluations": ["e1"], "raters": ["Anna", "ANNA "]})
    given = AnswersRequest.model_validate(
        {"rater": "R1", "answers": [{"evaluation": "e1", "dimension": "listening", "level": 2}]}
    )
    asyncio.run(sessions.answer(KEY, session.id, given, session.tokens["r1"]))
    assert sessions.get("a", session.id).answered["r1"] == 1


def test_a_question_is_answered_once_in_a_request(sessions, session):
    one = {"evaluation": "crm-882", "dimension": "listening", "level": 2}
    given = AnswersRequest.model_validate({"rater": "r1", "answers": [one, one | {"evaluation": "e2"}]})
    with pytest.raises(InvalidInput) as refused:
        asyncio.run(sessions.answer(KEY, session.id, given, session.tokens["r1"]))
    assert [one.pointer for one in refused.value.problems] == ["/answers/1/dimension"]


def test_a_conversation_is_in_a_session_once(database, sessions):
    keep(database, "a", "e3", own_assessment(), NOW)
    request = {"name": "x", "evaluations": ["e1", "e3"], "raters": ["r1", "r2"]}
    with pytest.raises(InvalidInput, match="in the session already") as refused:
        opened(sessions, request)
    assert [one.pointer for one in refused.value.problems] == ["/evaluations/1"]


def test_answers_leave_a_line_in_the_audit_log_that_only_counts(database, session, answer):
    answer("r1", listening=2, greeting="yes")
    with database.begin("a") as tx:
        (line,) = tx.audit.list(AuditFilter(action="session.answered"), None, 9)
    assert (line.actor, line.subject, line.details) == ("k1", session.id, {"answers": 2})


def test_a_list_of_sessions_asks_as_often_as_one_session(database, sessions, session):
    asked = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    sessions.list("a", None, 9)
    for_one, more = len(asked), {"name": "x", "evaluations": ["e1"], "raters": ["r1", "r2"]}
    for _ in range(3):
        opened(sessions, more)
    asked.clear()
    assert len(sessions.list("a", None, 9).items) == 4
    assert len(asked) == for_one
