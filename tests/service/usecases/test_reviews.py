import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.errors import Conflict, InvalidInput, NotFound
from service.domain.keys import ApiKey
from service.domain.label import LabelFilter
from service.domain.review import ClaimRequest, CurrentReview, Review, ReviewRequest
from service.domain.review_queue import QueueFilter
from service.domain.score import score
from service.storage.database import Database
from service.storage.upgrade import upgrade
from service.usecases.accept import Idempotency
from service.usecases.closed import like_their_conditions
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from service.usecases.review import closed_ones, merged_grades, reviewed_score, still_open
from service.usecases.reviews import Reviews
from service.usecases.words import RedactWords
from tests.service.cards import dimension, make_card
from tests.service.results import keep, own_assessment, own_card, own_evaluation

NOW = datetime(2026, 11, 2, 10, 20, tzinfo=UTC)
KEY = ApiKey(id="k1", tenant="a", name="desk", scopes=("review",), created_at=NOW)
ACCEPT = {"dimension": "greeting", "verdict": "accept"}
OVERRULE = {"dimension": "listening", "verdict": "overrule", "level": 3, "reason": "She repeats nothing."}


BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database(request, tmp_path):
    """A database with one evaluation, e1 of crm-881 on own-card@1, of which every grade needs a person:
    on SQLite, and of both kinds for a test that asks for them.
    """
    on_server = getattr(request, "param", "sqlite") == "postgresql"
    url = request.getfixturevalue("postgres_url") if on_server else f"sqlite:///{tmp_path / 'x.db'}"
    made = Database(url)
    upgrade(made, [], NOW)
    keep(made, "a", "e1", own_assessment(), NOW)
    yield made
    made.close()


@pytest.fixture
def reviews(database):
    return Reviews(database, RedactWords(WorkPool(0), Policies()))


@pytest.fixture
def review(reviews):
    def run(*verdicts, by="r1", key=KEY, once=None, of="e1"):
        request = ReviewRequest.model_validate({"reviewer": by, "verdicts": verdicts})
        return asyncio.run(reviews.review(key, of, request, once))

    return run


def queue(reviews, **wanted):
    return reviews.queue("a", QueueFilter(now=NOW, **wanted), None, 50).items


def grade_of(evaluation, name):
    return next(grade for grade in evaluation.grades if grade.dimension == name)


@BOTH
def test_the_grade_stays_and_peoples_word_stands_beside_it(database, review):
    before = review(ACCEPT).evaluation.score
    done = review(OVERRULE).evaluation
    grade = grade_of(done, "listening")
    assert (grade.level, grade.points, grade.disposition) == (2, 0.5, "reviewed")
    assert (grade.review.verdict, grade.review.level, grade.review.points) == ("overrule", 3, 1.0)
    assert (grade.review.by, grade.review.reason) == ("r1", "She repeats nothing.")
    assert grade_of(done, "greeting").review.verdict == "accept"
    assert done.score == before
    assert done.reviewed_score.value > done.score.value
    with database.begin("a") as tx:
        assert tx.evaluations.get("e1") == done


def test_it_is_done_when_every_open_dimension_is_decided(reviews, review):
    assert review(ACCEPT, OVERRULE).evaluation.review_state == "open"
    rest = [{"dimension": name, "verdict": "accept"} for name in ("compensation", "hold", "refund")]
    done = review(*rest).evaluation
    assert done.review_state == "done"
    assert queue(reviews) == []
    # That there is no grade can be accepted, too.
    assert (grade_of(done, "refund").review.level, grade_of(done, "hold").review.level) == (None, "na")
    assert done.reviewed_score.ungraded == 1


@BOTH
def test_history_is_appended_and_the_last_word_counts(reviews, review):
    review(OVERRULE)
    review({**OVERRULE, "level": 1, "reason": "Twice, in fact."}, by="r2")
    last = review({"dimension": "listening", "verdict": "accept"}, by="r3").evaluation
    said = [(one.by, one.verdict, one.level) for one in reviews.history("a", "e1")]
    assert said == [("r1", "overrule", 3), ("r2", "overrule", 1), ("r3", "accept", 2)]
    assert (grade_of(last, "listening").review.by, grade_of(last, "listening").review.count) == ("r3", 3)


@pytest.mark.parametrize(
    ("verdict", "pointer"),
    [
        ({**OVERRULE, "level": 9}, "/verdicts/1/level"),
        ({**OVERRULE, "level": 2}, "/verdicts/1/level"),
        ({**OVERRULE, "level": "na"}, "/verdicts/1/level"),
        ({"dimension": "listening", "verdict": "accept", "level": 3}, "/verdicts/1/level"),
        ({"dimension": "manners", "verdict": "accept"}, "/verdicts/1/dimension"),
    ],
)
def test_one_bad_verdict_stores_none(reviews, review, verdict, pointer):
    with pytest.raises(InvalidInput) as refused:
        review(ACCEPT, verdict)
    assert [one.pointer for one in refused.value.problems] == [pointer]
    assert reviews.history("a", "e1") == []


@BOTH
def test_the_same_request_again_is_one_review_and_another_body_a_conflict(reviews, review):
    once = Idempotency("key", "a" * 64)
    first = review(OVERRULE, once=once)
    again = review(OVERRULE, once=once)
    assert again.reviews == first.reviews
    assert again.evaluation == first.evaluation
    assert len(reviews.history("a", "e1")) == 1
    with pytest.raises(Conflict, match="another body"):
        review(ACCEPT, once=Idempotency("key", "b" * 64))


@BOTH
def test_a_review_is_a_label_whose_rater_had_seen_the_grade(database, review):
    (effect,) = review(OVERRULE).effects
    with database.begin("a") as tx:
        (label,) = tx.labels.list(LabelFilter(), None, 9)
    assert (label.rater, label.level, label.blind, label.probability) == ("r1", 3, False, None)
    assert (label.scorecard, label.rationale) == ("own-card@1", "She repeats nothing.")
    assert (effect.label, effect.labels, effect.blind_labels) == ("stored", 1, 0)
    assert not effect.used_by_calibration
    assert "calibration session" in effect.detail
    (effect,) = review({**OVERRULE, "level": 1}).effects
    assert (effect.label, effect.labels) == ("replaced", 1)


def test_what_somebody_labelled_blind_is_not_replaced_by_what_they_said_later(database, review):
    blind = {**OVERRULE, "blind": True}
    (effect,) = review(blind).effects
    assert (effect.label, effect.used_by_calibration) == ("stored", True)
    (effect,) = review({**OVERRULE, "level": 1}).effects
    assert effect.label == "kept"
    with database.begin("a") as tx:
        (label,) = tx.labels.list(LabelFilter(), None, 9)
    assert (label.level, label.blind) == (3, True)


def test_who_has_seen_the_grade_is_not_blind_any_more(database, review):
    review(OVERRULE)
    review({**OVERRULE, "level": 1, "blind": True})
    with database.begin("a") as tx:
        (label,) = tx.labels.list(LabelFilter(), None, 9)
    assert (label.level, label.blind) == (1, False)


def test_one_person_is_one_however_the_name_is_written(database, reviews, review):
    reviews.claim(KEY, "e1", ClaimRequest(by="Anna"))
    assert review({**OVERRULE, "blind": True}, by="Anna").effects[0].label == "stored"
    again = review({**OVERRULE, "level": 1}, by="anna")
    assert again.effects[0].label == "kept"
    with database.begin("a") as tx:
        labels = tx.labels.list(LabelFilter(), None, 9)
    assert [(one.rater, one.level, one.blind) for one in labels] == [("Anna", 3, True)]


def test_reasons_are_redacted_before_they_are_stored(reviews, review):
    card = "Card 4111 1111 1111 1111 is read out."
    done = review({**OVERRULE, "reason": card})
    assert "4111" not in done.model_dump_json()
    assert "4111" not in reviews.history("a", "e1")[0].reason


@BOTH
def test_the_queue_says_what_needs_whom_and_why(reviews, database):
    (item,) = queue(reviews)
    assert item.due_at == datetime(2026, 11, 7, 11, tzinfo=UTC)
    assert [one.dimension for one in item.dimensions] == [d.id for d in own_card().dimensions]
    assert item.dimensions[0].reason == "no calibration covers this grader"
    # A planted instruction comes before everything else that is due in the same hour.
    assert (item.certainty, item.flags[0].kind, item.overdue) == (0, "suspected_instruction", False)
    assert queue(reviews, agent="a-17", scorecard="own-card", dimension="hold") == [item]
    assert (
        queue(reviews, agent="a-18") == queue(reviews, dimension="hol") == queue(reviews, overdue=True) == []
    )
    late = QueueFilter(now=NOW + timedelta(days=9), overdue=True)
    assert reviews.queue("a", late, None, 9).items[0].overdue
    assert reviews.queue("b", QueueFilter(now=NOW), None, 9).items == []


@BOTH
def test_what_is_due_first_comes_first_and_then_what_is_least_sure(reviews, database):
    plain = own_assessment().model_copy(update={"flags": ()})
    sure = tuple(grade.model_copy(update={"confidence": 0.9}) for grade in plain.grades)
    keep(database, "a", "c" * 32, plain.model_copy(update={"grades": sure}), NOW, external_id="sure")
    keep(database, "a", "d" * 32, plain, NOW + timedelta(minutes=5), external_id="unsure")
    keep(database, "a", "b" * 32, plain, NOW + timedelta(hours=1), external_id="later")
    seen, cursor = [], None
    while True:
        page = reviews.queue("a", QueueFilter(now=NOW), cursor, 2 if cursor else 3)
        seen += [item.external_id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ["crm-881", "unsure", "sure", "later"]


@BOTH
def test_two_reviewers_do_not_do_the_same(reviews, review):
    held = reviews.claim(KEY, "e1", ClaimRequest(by="r1", minutes=10))
    assert (
        reviews.queue("a", QueueFilter(now=datetime.now(UTC), assignee="r1"), None, 9).items[0].claim == held
    )
    for attempt in (lambda: reviews.claim(KEY, "e1", ClaimRequest(by="r2")), lambda: review(ACCEPT, by="r2")):
        with pytest.raises(Conflict, match="'r1' holds"):
            attempt()
    assert reviews.claim(KEY, "e1", ClaimRequest(by="r1", minutes=20)).until > held.until
    reviews.release(KEY, "e1")
    assert review(ACCEPT, by="r2").reviews


def test_another_tenants_evaluation_is_an_unknown_one(reviews, review):
    with pytest.raises(NotFound):
        review(ACCEPT, key=KEY.model_copy(update={"tenant": "b"}))
    with pytest.raises(NotFound):
        reviews.history("b", "e1")
    with pytest.raises(NotFound):
        reviews.release(KEY.model_copy(update={"tenant": "b"}), "e1")


def test_claims_and_releases_leave_a_line_in_the_audit_log(database, reviews):
    reviews.claim(KEY, "e1", ClaimRequest(by="r1"))
    reviews.release(KEY, "e1")
    reviews.release(KEY, "e1")
    with database.begin("a") as tx:
        rows = tx.connection.exec_driver_sql("SELECT action, subject FROM audit_log ORDER BY id").all()
    assert [tuple(row) for row in rows] == [("evaluation.claimed", "e1"), ("evaluation.released", "e1")]


@BOTH
def test_what_opens_without_ever_having_waited_gets_a_date_and_hides_nothing(database, reviews, review):
    with database.begin("a") as tx:
        tx.connection.exec_driver_sql("UPDATE evaluations SET review_due_at = NULL, review_certainty = NULL")
    (shown,) = reviews.queue("a", QueueFilter(now=NOW), None, 9).items
    assert shown.due_at > NOW
    review(ACCEPT)
    with database.begin("a") as tx:
        row = tx.connection.exec_driver_sql("SELECT review_due_at, review_certainty FROM evaluations").one()
    assert None not in tuple(row)


def test_a_level_for_what_is_not_asked_is_refused_until_the_condition_is_met():
    grades = graded(HANGING, ("no", "yes", "yes"))
    evaluation = own_evaluation(grades=grades)
    answer = Review(
        id="1", evaluation="e1", dimension="answered", verdict="overrule", level="yes", by="r", at=NOW
    )
    asked = answer.model_copy(update={"dimension": "asked"})
    assert list(closed_ones(HANGING, evaluation, [answer])) == ["answered"]
    assert closed_ones(HANGING, evaluation, [answer, asked]) == {}
    before = tuple(
        g.model_copy(update={"review": asked.current(1)}) if g.dimension == "asked" else g for g in grades
    )
    assert closed_ones(HANGING, own_evaluation(grades=before), [answer]) == {}


def test_what_an_answer_closes_is_accepted_with_it_and_waits_no_longer_than_it():
    grades = graded(HANGING, ("no", "yes", "yes"))
    one = own_assessment().model_copy(update={"grades": tuple(grades), "flags": ()})
    accepted = tuple(
        g.model_copy(update={"disposition": "auto_accepted", "disposition_reason": "sure"})
        if g.dimension == "asked"
        else g.model_copy(update={"disposition_reason": "not measured"})
        for g in grades
    )
    done = like_their_conditions(HANGING, one, one.model_copy(update={"grades": accepted}))
    found = {g.dimension: g.disposition for g in done.grades}
    assert found == {"asked": "auto_accepted", "answered": "auto_accepted", "polite": "needs_review"}
    assert "answered" not in still_open(HANGING, accepted, {})
    assert "answered" in still_open(HANGING, grades, {})


def test_every_review_leaves_a_line_in_the_audit_log(database, review):
    review(OVERRULE)
    with database.begin("a") as tx:
        rows = tx.connection.exec_driver_sql("SELECT actor, action, subject FROM audit_log").all()
    assert [tuple(row) for row in rows] == [("k1", "grade.reviewed", "e1")]


HANGING = make_card(
    dimension("asked"),
    dimension("answered", ask_when={"dimension": "asked", "level": "yes"}, not_applicable="Nobody asks."),
    dimension("polite", weight=3, auto_fail="card"),
)


def graded(card, levels):
    from service.domain.grade import Grade, NotApplicable, Verdict
    from service.grading.conditions import apply_conditions

    given = [
        Grade.of(
            d,
            "all",
            NotApplicable(reason="none") if level == "na" else Verdict(level=level, rationale=""),
            "llm",
        )
        for d, level in zip(card.dimensions, levels, strict=True)
    ]
    return apply_conditions(card, given)


def said(level):
    points = {"no": 0.0, "yes": 1.0}.get(level)
    return CurrentReview(verdict="overrule", level=level, points=points, by="r1", at=NOW)


ANSWERS = st.sampled_from(["no", "yes"])
REVIEWS = st.dictionaries(st.sampled_from(["asked", "answered", "polite"]), ANSWERS)


@given(levels=st.tuples(ANSWERS, ANSWERS, ANSWERS), people=REVIEWS)
@settings(max_examples=60)
def test_the_reviewed_score_is_the_score_of_the_merged_levels(levels, people):
    grades = graded(HANGING, levels)
    current = {name: said(level) for name, level in people.items()}
    merged = merged_grades(HANGING, grades, current)
    assert reviewed_score(HANGING, grades, current) == score(HANGING, merged)
    by = {grade.dimension: grade for grade in merged}
    assert {name: by[name].level for name in people} == people
    # Nothing is left to answer that a person's answer closed, and nothing is answered that one opened.
    open_now = still_open(HANGING, grades, current)
    if by["asked"].level == "no" and "answered" not in people:
        waits = levels[0] == "no" and "asked" not in people
        assert (by["answered"].outcome, "answered" in open_now) == ("not_applicable", waits)
    if levels[0] == "no" and people.get("asked") == "yes" and "answered" not in people:
        assert (by["answered"].outcome, "answered" in open_now) == ("ungraded", True)
    if not people:
        assert merged == grades
