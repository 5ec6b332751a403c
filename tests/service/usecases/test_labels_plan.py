from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.errors import InvalidInput, UnknownScorecard
from service.domain.grade import Grade, NotApplicable, Ungraded, UngradedReason, Verdict
from service.domain.label import LabelFilter, StoredLabel
from service.storage.database import Database
from service.storage.upgrade import upgrade
from service.usecases.labels_plan import PlanLabels, PlanRequest
from tests.service.results import keep, own_assessment, own_card

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
CARD = own_card()
GRADED = {
    "greeting": Verdict(level="yes", rationale="So."),
    "listening": Verdict(level=3, rationale="So."),
    "compensation": Verdict(level="yes", rationale="So."),
    "hold": Verdict(level="yes", rationale="So."),
    "refund": Verdict(level="yes", rationale="So."),
}


def assessed(confidence=None, **other):
    outcomes = {**GRADED, **other}
    grades = [Grade.of(d, CARD.section_of[d.id], outcomes[d.id], "llm") for d in CARD.dimensions]
    sure = [grade.model_copy(update={"confidence": confidence}) for grade in grades]
    return own_assessment().model_copy(update={"grades": tuple(sure)})


NO = Verdict(level="no", rationale="So.")
KINDS = {
    "fails": assessed(greeting=NO, compensation=NO, hold=NO, refund=NO),
    "na": assessed(hold=NotApplicable(reason="None.")),
    "ungraded": assessed(refund=Ungraded(reason=UngradedReason.REFUSED)),
    "rest": assessed(),
}


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'plans.db'}")
    upgrade(made, [], NOW)
    yield made
    made.close()


def fill(database, many, *, tenant="a", at=NOW, agents=2):
    """Keep `many` evaluations, three of four of the plainest kind."""
    for number in range(many):
        kind = list(KINDS)[number // 4 % 4] if number % 4 == 0 else "rest"
        said = {"external_id": f"c{number}", "agent": {"id": f"agent-{number % agents}"}}
        keep(database, tenant, f"{number:032x}", KINDS[kind], at, **said)


def plan(database, tenant="a", **wanted):
    return PlanLabels(database)(tenant, PlanRequest("own-card", **wanted))[0]


def test_a_plan_draws_more_of_what_is_likely_to_be_wrong(database):
    fill(database, 120)
    drawn = plan(database, count=30)
    assert 26 <= len(drawn.conversations) <= 34
    strata = {one.name: one.population for one in drawn.strata}
    assert strata == {"fails": 8, "na": 8, "ungraded": 7, "rest": 97}
    chances = {one.stratum: one.probability for one in drawn.conversations}
    assert chances["fails"] > 3 * chances["rest"]
    assert {one.agent for one in drawn.conversations} == {"agent-0", "agent-1"}


def test_the_same_seed_draws_the_same_and_another_does_not(database):
    fill(database, 80)
    first, again, other = (plan(database, count=20, seed=seed) for seed in (1, 1, 2))
    assert first.conversations == again.conversations
    assert first.conversations != other.conversations


def test_low_confidence_is_a_stratum_of_its_own(database):
    for number in range(20):
        confidence = 0.4 if number < 3 else 0.9
        keep(database, "a", f"{number:032x}", assessed(confidence), NOW, external_id=f"c{number}")
    assert {one.name: one.population for one in plan(database, count=5).strata} == {
        "low_confidence": 3,
        "rest": 17,
    }


def test_confidence_that_is_alike_everywhere_is_not_low(database):
    for number in range(9):
        keep(database, "a", f"{number:032x}", assessed(0.4), NOW, external_id=f"c{number}")
    assert [one.name for one in plan(database, count=5).strata] == ["rest"]


def label(conversation, **fields):
    values = {"id": f"{int(conversation[1:]):032x}", "dimension": "greeting", "rater": "r1", "level": "yes"}
    return StoredLabel(
        **{**values, "conversation": conversation, "created_at": NOW, "stored_at": NOW, **fields}
    )


def test_what_was_drawn_and_labelled_counts_and_new_ones_are_added(database):
    fill(database, 200)
    first = plan(database, count=20)
    done = [one.conversation for one in first.conversations]
    with database.begin("a") as tx:
        known = {one.conversation: one for one in first.conversations}
        tx.labels.add([label(c, probability=known[c].probability, plan=first.id) for c in done])
    second = plan(database, count=20)
    by_name = {one.conversation: one for one in second.conversations}
    assert set(done) <= set(by_name)
    assert all(by_name[c].labelled for c in done)
    assert 15 <= sum(not one.labelled for one in second.conversations) <= 25
    with database.begin("a") as tx:
        now = {x.conversation: x.probability for x in tx.labels.list(LabelFilter(), None, 100)}
    # Nobody has filled the second plan in yet.
    assert now == {c: known[c].probability for c in done}


def test_all_of_few_are_drawn_for_certain(database):
    fill(database, 7)
    drawn = plan(database, count=60)
    assert [one.probability for one in drawn.conversations] == [1.0] * 7
    assert "there are only 7 conversations" in drawn.notes[0]


def test_one_conversation_is_a_plan(database):
    fill(database, 1)
    assert len(plan(database).conversations) == 1


def test_more_agents_than_places_are_told_of(database):
    fill(database, 40, agents=40)
    drawn = plan(database, count=10)
    assert "40 agents do not fit into 10 conversations" in drawn.notes[0]


def test_only_what_was_evaluated_since_then_by_this_grader_and_tenant_counts(database):
    fill(database, 12)
    keep(database, "a", "e" * 32, KINDS["rest"], NOW + timedelta(days=2), external_id="new")
    keep(database, "b", "f" * 32, KINDS["rest"], NOW, external_id="theirs")
    since = NOW + timedelta(days=1)
    assert [one.conversation for one in plan(database, since=since).conversations] == ["new"]
    assert [one.conversation for one in plan(database, tenant="b").conversations] == ["theirs"]
    with pytest.raises(InvalidInput, match=r"no completed evaluation on own-card@1 by the grader 'signals'"):
        plan(database, grader="signals")


@pytest.mark.parametrize("wanted", [{"count": 0}, {"core": 0}, {"core": 1.5}, {"count": 10**9}])
def test_what_cannot_be_drawn_is_refused(database, wanted):
    with pytest.raises(InvalidInput):
        plan(database, **wanted)


def test_a_card_that_is_not_there_is_named(database):
    with pytest.raises(UnknownScorecard):
        plan(database)


def test_a_plan_is_kept_with_its_probabilities(database):
    fill(database, 50)
    drawn = plan(database, count=12)
    names = [one.conversation for one in drawn.conversations]
    with database.begin("a") as tx:
        kept = tx.label_plans.drawn(names, [])
    assert {(one.conversation, one.probability, one.stratum) for one in kept} == {
        (one.conversation, one.probability, one.stratum) for one in drawn.conversations
    }
    assert Counter(one.plan_id for one in kept) == {drawn.id: len(names)}


def test_labels_that_no_plan_asked_for_count_where_they_are_drawn_and_ask_for_nothing_more(database):
    fill(database, 60)
    with database.begin("a") as tx:
        tx.labels.add([label(f"c{number}", probability=0.5) for number in range(30)])
    drawn = plan(database, count=20)
    labelled = [one for one in drawn.conversations if one.labelled]
    assert 0 < len(labelled) < 20
    assert 16 <= len(drawn.conversations) <= 24


def test_a_plan_with_nothing_to_label_changes_nothing(database):
    fill(database, 20)
    with database.begin("a") as tx:
        tx.labels.add([label(f"c{number}") for number in range(20)])
    drawn = plan(database, count=5)
    assert drawn.notes[-1] == "all that was drawn has labels already: raise the count; nothing was stored"
    with database.begin("a") as tx:
        assert tx.label_plans.drawn_for("own-card") == set()
        assert {x.probability for x in tx.labels.list(LabelFilter(), None, 50)} == {None}
