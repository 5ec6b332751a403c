import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from service.api.receipts import readable
from service.domain.appeal import AppealFilter, AppealRequest, CommentRequest, DecisionRequest
from service.domain.errors import (
    Conflict,
    InvalidInput,
    ModelAway,
    ModelMisconfigured,
    ModelRefusesKey,
    NotFound,
)
from service.domain.evaluation import Assessment, Provenance, Usage
from service.domain.grade import Evidence, Grade, Verdict
from service.domain.keys import ApiKey
from service.domain.label import LabelFilter
from service.domain.review import ReviewRequest
from service.domain.review_queue import QueueFilter
from service.storage.database import Database
from service.storage.upgrade import upgrade
from service.usecases.accept import Idempotency
from service.usecases.answers import RedactAnswer
from service.usecases.appeal import card_of_one
from service.usecases.appeals import AppealRules, Appeals
from service.usecases.assess import Graders
from service.usecases.model_health import Circuit
from service.usecases.parking import Parking
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from service.usecases.regrade import MAX_ATTEMPTS, RegradeAppeal
from service.usecases.reviews import Reviews
from service.usecases.words import RedactWords
from tests.service.cards import dimension, make_card
from tests.service.results import keep, own_assessment, quote

NOW = datetime.now(UTC)
KEY = ApiKey(id="k1", tenant="a", name="desk", scopes=("review",), created_at=NOW)
APPEAL = {
    "dimension": "listening",
    "by": "a-17",
    "reason": "She repeats nothing; I read it back.",
    "quote": {"turn": 2, "text": "I am sorry. You get it"},
}


class Queue:
    """Remembers what was queued."""

    def __init__(self):
        self.waiting = []
        self.graders = []

    def enqueue_regrade(self, _tx, appeal_id, attempt, delay_s=0, grader="llm"):
        self.waiting.append((appeal_id, attempt, delay_s))
        self.graders.append(grader)

    def tell(self):
        pass


class Judge:
    """A grader that gives every dimension a level, and remembers which dimensions it was asked."""

    name = "llm"

    def __init__(self, level=3):
        self.level = level
        self.asked = []

    async def grade(self, _conversation, card):
        if isinstance(self.level, Exception):
            raise self.level
        self.asked.append([d.id for d in card.dimensions])
        said = Evidence(turn=2, speaker="agent", quote="You get it", start=12, end=22)
        outcome = Verdict(level=self.level, rationale="Nothing is repeated.", evidence=(said,))
        grades = tuple(Grade.of(d, card.section_of[d.id], outcome, "llm") for d in card.dimensions)
        return Assessment(grades=grades, provenance=Provenance(grader="llm", redactor=""))


BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database(request, tmp_path):
    """An SQLite database; both kinds for a test that asks for them."""
    on_server = getattr(request, "param", "sqlite") == "postgresql"
    url = request.getfixturevalue("postgres_url") if on_server else f"sqlite:///{tmp_path / 'x.db'}"
    made = Database(url)
    upgrade(made, [], NOW)
    keep(made, "a", "e1", own_assessment(), NOW)
    yield made
    made.close()


@pytest.fixture
def queue():
    return Queue()


@pytest.fixture
def appeals(database, queue):
    return Appeals(database, queue, RedactWords(WorkPool(0), Policies()), AppealRules())


@pytest.fixture
def file(appeals):
    def run(of="e1", key=KEY, once=None, **said):
        return asyncio.run(appeals.file(key, of, AppealRequest.model_validate({**APPEAL, **said}), once))

    return run


@pytest.fixture
def decide(appeals):
    def run(appeal, **said):
        request = DecisionRequest.model_validate({"by": "r9", "reason": "Heard again.", **said})
        return asyncio.run(appeals.decide(KEY, appeal.id, request))

    return run


def regrade(database, queue, judge, parking=None):
    """Work off what is queued."""
    graders = Graders({"llm": judge}, 30, RedactAnswer(WorkPool(0), Policies()))
    work = RegradeAppeal(database, graders, queue, parking=parking)
    jobs, queue.waiting = queue.waiting, []
    for appeal_id, attempt, _ in jobs:
        asyncio.run(work(appeal_id, attempt))


def attempts(database):
    with database.begin("a") as tx:
        return tx.connection.exec_driver_sql("SELECT attempts FROM appeals").scalar_one()


def test_the_contested_dimension_is_graded_anew_and_both_verdicts_are_kept(appeals, file, database, queue):
    filed = file()
    assert (filed.state, filed.contested.level, filed.quote) == (
        "open",
        2,
        quote(2, "I am sorry. You get it"),
    )
    judge = Judge()
    regrade(database, queue, judge)
    assert judge.asked == [["listening"]]
    after = appeals.get("a", filed.id)
    assert (after.state, after.contested, after.regrade.grade.level) == ("regraded", filed.contested, 3)
    assert (after.regrade.same_answer, after.regrade.cites_quote) == (False, True)
    assert "without its first answer" in after.regrade.note
    # It decides nothing.
    with database.begin("a") as tx:
        assert tx.evaluations.get("e1").reviewed_score is None


@BOTH
def test_a_person_decides_and_the_decision_is_a_review_and_a_label(appeals, file, decide, database, queue):
    filed = file()
    regrade(database, queue, Judge())
    done = decide(filed, verdict="upheld")
    grade = next(g for g in done.evaluation.grades if g.dimension == "listening")
    assert (grade.level, grade.review.level, grade.review.by, grade.review.appeal) == (2, 3, "r9", filed.id)
    assert (done.appeal.state, done.appeal.decision.level) == ("decided", 3)
    assert done.appeal.decision.review == Reviews(database, None).history("a", "e1")[0].id
    with database.begin("a") as tx:
        (label,) = tx.labels.list(LabelFilter(), None, 9)
        actions = tx.connection.exec_driver_sql("SELECT action FROM audit_log ORDER BY id").scalars().all()
    assert (label.rater, label.level, label.blind) == ("r9", 3, False)
    assert actions == ["appeal.opened", "grade.reviewed", "appeal.decided"]
    with pytest.raises(Conflict, match="decided"):
        decide(filed, verdict="rejected")


def test_a_rejected_appeal_leaves_the_grade_and_says_so(file, decide):
    done = decide(file(), verdict="rejected")
    grade = next(g for g in done.evaluation.grades if g.dimension == "listening")
    assert (grade.review.verdict, grade.review.level) == ("accept", 2)
    again = decide(file(), verdict="amended", level=3)
    third = next(g for g in again.evaluation.grades if g.dimension == "listening").review
    assert (third.verdict, third.level, third.count) == ("overrule", 3, 2)


@pytest.mark.parametrize(
    "said", [{"verdict": "upheld"}, {"verdict": "amended", "level": 2}, {"verdict": "upheld", "level": 9}]
)
def test_a_decision_that_changes_nothing_or_names_no_level_is_refused(file, decide, said):
    with pytest.raises(InvalidInput) as refused:
        decide(file(), **said)
    assert refused.value.problems[0].pointer == "/level"


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"text": "I promise you a refund"}, "/quote/text"),
        ({"turn": 0, "text": "I am sorry"}, "/quote/text"),
        ({"turn": 99, "text": "I am sorry"}, "/quote/turn"),
        ({"turn": 2, "start": 5, "end": 5}, "/quote/end"),
        ({"turn": 2, "start": 0, "end": 5000}, "/quote/end"),
    ],
)
def test_words_that_were_not_said_are_no_ground(file, given, pointer):
    with pytest.raises(InvalidInput) as refused:
        file(quote=given)
    assert [one.pointer for one in refused.value.problems] == [pointer]


def test_words_are_found_in_whichever_turn_they_stand_or_by_their_place(file, appeals):
    assert file(quote={"text": "I am sorry."}).quote == quote(2, "I am sorry.")
    assert file(dimension="greeting", quote={"turn": 2, "start": 0, "end": 10}).quote == quote(
        2, "I am sorry"
    )
    assert file(dimension="compensation", quote=None).quote is None


@BOTH
def test_one_appeal_is_open_at_a_time_and_two_are_all_there_may_be(file, appeals):
    first = file()
    with pytest.raises(Conflict, match="open already"):
        file()
    assert appeals.withdraw(KEY, first.id, "a-17").state == "withdrawn"
    appeals.withdraw(KEY, file().id, "a-17")
    with pytest.raises(Conflict, match="limit"):
        file()
    assert file(dimension="greeting").state == "open"


def test_after_its_time_a_grade_stands(file, database):
    keep(database, "a", "e2", own_assessment(), NOW - timedelta(days=15), external_id="old")
    with pytest.raises(Conflict, match="could be appealed against until"):
        file(of="e2")


def test_what_was_never_graded_cannot_be_appealed_against(file):
    with pytest.raises(Conflict, match="no grade"):
        file(dimension="refund")
    with pytest.raises(InvalidInput):
        file(dimension="manners")
    with pytest.raises(NotFound):
        file(key=KEY.model_copy(update={"tenant": "b"}))


def test_the_same_request_again_is_the_same_appeal(file, queue):
    once = Idempotency("key", "a" * 64)
    assert file(once=once).id == file(once=once).id
    assert len(queue.waiting) == 1
    with pytest.raises(Conflict, match="another body"):
        file(once=Idempotency("key", "b" * 64))


@BOTH
def test_an_undecided_appeal_is_overdue_and_stays_open(appeals, file):
    filed = file()
    late = AppealFilter(now=NOW + timedelta(days=8), overdue=True)
    (shown,) = appeals.list("a", late, None, 9).items
    assert (shown.id, shown.state, shown.overdue) == (filed.id, "open", True)
    assert appeals.list("a", AppealFilter(now=NOW, overdue=True), None, 9).items == []
    assert appeals.list("b", AppealFilter(now=NOW), None, 9).items == []
    assert len(appeals.list("a", AppealFilter(now=NOW, state="undecided"), None, 9).items) == 1


def test_what_takes_too_long_is_tried_again_later_and_holds_up_no_decision(
    appeals, file, decide, database, queue
):
    filed = file()
    regrade(database, queue, Judge(TimeoutError()))
    (waiting,) = queue.waiting
    assert (waiting, queue.graders) == ((filed.id, 2, 60), ["llm", "llm"])
    after = appeals.get("a", filed.id)
    assert (after.state, after.regrade.error.type) == ("open", "timeout")
    decide(filed, verdict="rejected")
    judge = Judge()
    regrade(database, queue, judge)
    assert judge.asked == []


class Comeback(Judge):
    """A judge whose model has trouble for as long as there is some."""

    def __init__(self, *trouble, seen=lambda: None):
        super().__init__()
        self.trouble = list(trouble)
        self.seen = seen

    async def grade(self, conversation, card):
        if self.trouble:
            raise self.trouble.pop(0)
        self.seen()
        assessment = await super().grade(conversation, card)
        return assessment.model_copy(update={"usage": Usage(requests=1)})


@BOTH
def test_grading_anew_waits_while_the_model_is_away_or_refuses_the_key(appeals, file, database, queue):
    filed, told = file(), []
    parking = Parking(database, Circuit(first_pause_s=0.01, longest_pause_s=0.02))
    trouble = (ModelAway("away"), ModelRefusesKey("401"), ModelMisconfigured("404"))
    judge = Comeback(*trouble, seen=lambda: told.append(appeals.get("a", filed.id).regrade.error.type))
    regrade(database, queue, judge, parking)
    assert told == ["model-misconfigured"]
    assert appeals.get("a", filed.id).state == "regraded"
    assert (queue.waiting, attempts(database), parking.parked) == ([], 1, frozenset())


def test_grading_anew_waits_no_longer_than_anything_else(appeals, file, database, queue):
    filed = file()
    regrade(
        database,
        queue,
        Judge(ModelAway("away")),
        Parking(database, Circuit(first_pause_s=0.01), wait_hours=0),
    )
    after = appeals.get("a", filed.id).regrade
    assert (after.error.type, queue.waiting) == ("model-away", [])
    assert "waited for" in after.error.detail


def test_grading_anew_that_ends_the_process_is_not_tried_for_ever(appeals, file, database, queue):
    filed = file()
    with database.begin("a") as tx:
        tx.connection.exec_driver_sql(f"UPDATE appeals SET attempts = {MAX_ATTEMPTS}")
    judge = Judge()
    regrade(database, queue, judge)
    after = appeals.get("a", filed.id)
    assert (judge.asked, after.regrade.error.type, queue.waiting) == ([], "too-many-attempts", [])


def test_an_appeal_says_why_it_could_not_be_read_for_grading_anew(appeals, file, database, queue):
    filed = file()
    with database.begin("a") as tx:
        tx.connection.exec_driver_sql("UPDATE evaluations SET redaction = '[]'")
    regrade(database, queue, Judge())
    after = appeals.get("a", filed.id)
    assert (after.state, after.regrade.error.type, queue.waiting) == ("open", "internal", [])


def test_an_appeal_can_be_upheld_at_the_level_that_a_reviewer_set_meanwhile(file, decide, database):
    filed = file()
    given = {"dimension": "listening", "verdict": "overrule", "level": 3, "reason": "Heard."}
    request = ReviewRequest.model_validate({"reviewer": "r2", "verdicts": [given]})
    asyncio.run(Reviews(database, RedactWords(WorkPool(0), Policies())).review(KEY, "e1", request))
    with pytest.raises(InvalidInput):
        decide(filed, verdict="upheld", level=2)
    done = decide(filed, verdict="upheld", level=3)
    assert (done.appeal.decision.verdict, done.appeal.decision.level) == ("upheld", 3)


def test_a_key_that_may_not_read_is_told_nothing_of_the_grade(file):
    filed = file()
    assert readable(KEY, filed) is filed
    told = readable(KEY.model_copy(update={"scopes": ("submit",)}), filed)
    assert told.id == filed.id
    assert not {"contested", "regrade", "comments", "quote"} & set(told.model_dump())


def test_nobody_decides_their_own_appeal_and_nobody_else_takes_it_back(appeals, file, decide):
    filed = file()
    with pytest.raises(Conflict, match="somebody else decides"):
        decide(filed, verdict="upheld", level=3, by=" A-17")
    with pytest.raises(Conflict, match="who filed"):
        appeals.withdraw(KEY, filed.id, "r9")
    assert appeals.withdraw(KEY, filed.id, "A-17 ").state == "withdrawn"


def test_comments_stand_under_an_appeal_without_personal_data(appeals, file):
    filed = file(reason="Call me on +44 20 7946 0958.")
    assert "7946" not in filed.reason
    request = CommentRequest(by="r9", text="Listen at turn 2; card 4111 1111 1111 1111.")
    (comment,) = asyncio.run(appeals.comment(KEY, filed.id, request)).comments
    assert comment.by == "r9"
    assert "4111" not in comment.text
    appeals.withdraw(KEY, filed.id, "a-17")
    with pytest.raises(Conflict):
        asyncio.run(appeals.comment(KEY, filed.id, request))


@BOTH
def test_erasing_leaves_no_word_of_a_review_or_an_appeal(appeals, file, decide, database, queue):
    filed = file()
    regrade(database, queue, Judge())
    asyncio.run(appeals.comment(KEY, filed.id, CommentRequest(by="r9", text="Wordy comment")))
    decide(filed, verdict="upheld")
    file(dimension="greeting")
    with database.begin("a") as tx:
        tx.reviews.forget_words(["e1"])
        tx.appeals.forget_words(["e1"], NOW)
        shown = tx.appeals.list(AppealFilter(now=NOW), None, 9)
        history = tx.reviews.history("e1")
        current = tx.evaluations.get("e1")
    everything = "".join(one.model_dump_json() for one in (*shown, *history))
    for words in (
        "Nothing is repeated",
        "said twice",
        "sorry",
        "Heard again",
        "Wordy",
        "You get it",
        "read it back",
    ):
        assert words not in everything
    assert [one.state for one in shown] == ["withdrawn", "decided"]
    assert shown[1].decision.level == 3
    assert all(grade.review.reason is None for grade in current.grades if grade.review)
    assert Reviews(database, None).queue("a", QueueFilter(now=NOW), None, 9).items


def test_the_small_card_keeps_what_the_dimension_hangs_on():
    card = make_card(
        dimension("asked"),
        dimension("answered", ask_when={"dimension": "asked", "level": "yes"}),
        dimension("other"),
    )
    assert [d.id for d in card_of_one(card, "answered").dimensions] == ["asked", "answered"]
