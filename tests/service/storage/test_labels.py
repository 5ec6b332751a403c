from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service.domain.evaluation import Failure
from service.domain.label import EarlierLevel, LabelFilter, StoredLabel
from service.domain.label_plan import LabelPlan, PlannedConversation
from service.storage.database import Database
from service.storage.schema import evaluations
from service.storage.upgrade import upgrade
from tests.service.results import keep, own_assessment

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)


@pytest.fixture
def database(database_url):
    made = Database(database_url)
    upgrade(made, [], NOW)
    yield made
    made.close()


def label(number, **fields):
    values = {
        "id": f"{number:032x}",
        "conversation": "c1",
        "dimension": "greeting",
        "rater": "r1",
        "level": "yes",
        "created_at": NOW,
        "stored_at": NOW + timedelta(minutes=number),
    }
    return StoredLabel(**{**values, **fields})


def add(database, *labels, tenant="a"):
    with database.begin(tenant) as tx:
        tx.labels.add(labels)


def listed(database, tenant="a", after=None, limit=50, **wanted):
    with database.begin(tenant) as tx:
        return [int(one.id, 16) for one in tx.labels.list(LabelFilter(**wanted), after, limit)]


def test_a_label_comes_back_with_all_its_fields(database):
    full = label(
        1,
        evaluation="e1",
        scorecard="own-card@3",
        level=4,
        rationale="So it was.",
        blind=False,
        stratum="fails",
        probability=0.25,
        plan="ab" * 16,
        earlier=(EarlierLevel(level="na", created_at=NOW, stored_at=NOW),),
    )
    add(database, full, label(2, level="na"))
    with database.begin("a") as tx:
        found = tx.labels.of(["c1"], [])
    assert found == [full, label(2, level="na")]
    assert [type(one.level) for one in found] == [int, str]


def test_labels_are_of_their_tenant(database):
    add(database, label(1))
    assert listed(database, "b") == []
    with database.begin("b") as tx:
        assert tx.labels.of(["c1"], []) == []
        tx.labels.replace(label(1, level="no"))
    with database.begin("a") as tx:
        assert [one.level for one in tx.labels.of(["c1"], [])] == ["yes"]


def test_a_list_is_filtered_and_paged_the_last_stored_first(database):
    other = {"conversation": "c2", "dimension": "hold", "rater": "r2", "scorecard": "card@2"}
    add(database, label(1), label(2, **other), label(3, scorecard="card"), label(4))
    assert listed(database) == [4, 3, 2, 1]
    assert listed(database, after=(label(3).stored_at, label(3).id), limit=1) == [2]
    assert listed(database, scorecard="card") == [3, 2]
    assert listed(database, scorecard="card@2") == [2]
    assert listed(database, dimension="hold", rater="r2", conversation="c2") == [2]


def test_labels_of_an_evaluation_are_also_those_of_its_conversation(database):
    keep(database, "a", "e1", own_assessment(), NOW, external_id="c1")
    keep(database, "b", "e2", own_assessment(), NOW, external_id="c1")
    add(database, label(1), label(2, conversation="c2"), label(3, conversation=None, evaluation="e9"))
    assert listed(database, evaluation="e1") == [1]
    assert listed(database, evaluation="e9") == [3]
    assert listed(database, evaluation="e2") == []


def joined(database, card="own-card", *, tenant="a", **how):
    with database.begin(tenant) as tx:
        return [
            (one.evaluation.id, [(x.dimension, x.rater, x.level) for x in one.labels])
            for one in tx.labels.labelled_evaluations(card, **how)
        ]


def test_evaluations_come_with_their_labels_and_without(database):
    later = NOW + timedelta(hours=1)
    keep(database, "a", "e1", own_assessment(), NOW, external_id="c1")
    keep(database, "a", "e2", own_assessment(), later, external_id=None)
    keep(database, "a", "e3", Failure(type="x", detail="y"), later, external_id="c3")
    keep(database, "a", "e4", None, later, external_id="c4")
    keep(database, "b", "e5", own_assessment(), NOW, external_id="c1")
    add(database, label(1), label(2, rater="r2", level="na"), label(3, conversation=None, evaluation="e2"))
    add(database, label(4, conversation="c3"), label(5, conversation=None, evaluation="e1", rater="r9"))
    assert joined(database) == [
        ("e1", [("greeting", "r1", "yes"), ("greeting", "r2", "na")]),
        ("e2", [("greeting", "r1", "yes")]),
    ]
    assert joined(database, since=later) == [("e2", [("greeting", "r1", "yes")])]
    assert joined(database, revision=2) == joined(database, "other-card") == []


def test_of_a_conversation_that_was_evaluated_again_the_newest_result_counts(database):
    for hour, evaluation in enumerate(("e1", "e2", "e3")):
        keep(database, "a", evaluation, own_assessment(), NOW + timedelta(hours=hour), external_id="c1")
    keep(database, "a", "e4", None, NOW + timedelta(hours=9), external_id="c1")
    keep(database, "a", "e5", own_assessment(), NOW, external_id=None)
    keep(database, "a", "e6", own_assessment(), NOW, external_id="e5")
    assert [one for one, _ in joined(database, grader="llm")] == ["e5", "e6", "e3"]
    assert joined(database, grader="signals") == []


def test_a_label_of_the_card_itself_comes_before_one_that_names_no_card(database):
    keep(database, "a", "e1", own_assessment(), NOW, external_id="c1")
    add(database, label(1, scorecard="own-card@1", level="no"), label(2), label(3, scorecard="other"))
    assert joined(database) == [("e1", [("greeting", "r1", "no")])]


def test_turns_are_there_when_asked_for(database):
    keep(database, "a", "e1", own_assessment(), NOW)
    with database.begin("a") as tx:
        (plain,) = tx.labels.labelled_evaluations("own-card")
        (full,) = tx.labels.labelled_evaluations("own-card", turns=True)
        assert plain.evaluation.turns is None
        assert len(full.evaluation.turns) == 6
        assert tx.evaluations.get("e1", turns=True) == full.evaluation


def test_many_evaluations_are_read_in_parts(database):
    keep(database, "a", "e0", own_assessment(), NOW, external_id="c0")
    with database.begin("a") as tx:
        one = dict(tx.connection.execute(sa.select(evaluations)).mappings().one())
        more = [
            one | {"id": f"e{number}", "external_id": None if number % 2 else f"c{number}"}
            for number in range(1, 1_203)
        ]
        tx.connection.execute(sa.insert(evaluations), more)
    add(database, label(1, conversation="c1200"), label(2, conversation=None, evaluation="e1"))
    found = dict(joined(database))
    assert len(found) == 1_203
    assert [name for name, labels in found.items() if labels] == ["e1", "e1200"]


def plan(*conversations, at=NOW, **fields):
    values = {"id": "1" * 32, "scorecard": "own-card", "created_at": at, "seed": 0, "population": 9}
    return LabelPlan(**{**values, "core": 1, "conversations": conversations, **fields})


def planned(evaluation, conversation=None, probability=0.5, stratum="fails"):
    return PlannedConversation(
        evaluation=evaluation, conversation=conversation, probability=probability, stratum=stratum
    )


def test_the_last_plan_that_drew_a_conversation_comes_first(database):
    later = NOW + timedelta(hours=1)
    with database.begin("a") as tx:
        tx.label_plans.add(plan(planned("e1", "c1"), planned("e2")))
        tx.label_plans.add(plan(planned("e7", "c1", 0.75), at=later, id="2" * 32))
        tx.label_plans.add(plan(at=later, id="3" * 32))
    with database.begin("a") as tx:
        assert [one.probability for one in tx.label_plans.drawn(["c1"], [])] == [0.75, 0.5]
        assert [one.evaluation_id for one in tx.label_plans.drawn([], ["e2"])] == ["e2"]
    with database.begin("b") as tx:
        assert tx.label_plans.drawn(["c1"], ["e2"]) == []


def test_labels_of_what_plans_drew_are_found_and_weighed(database):
    add(
        database,
        label(1),
        label(2, rater="r2", probability=0.1, stratum="mine"),
        label(4, rater="r4", scorecard="other"),
        label(5, conversation=None, evaluation="e2"),
        label(6, conversation="c6"),
    )
    add(database, label(7), tenant="b")
    with database.begin("a") as tx:
        tx.label_plans.add(plan(planned("e1", "c1"), planned("e2")))
        tx.label_plans.add(plan(planned("e6", "c6"), id="2" * 32, scorecard="other"))
    with database.begin("a") as tx:
        found = {int(one.id, 16): one for one in tx.labels.asked_for("own-card")}
        tx.labels.weigh([found[1]._replace(stratum="na", probability=0.5, plan="1" * 32)])
        tx.labels.weigh([])
    assert {number: one.about for number, one in found.items()} == {
        1: ("c1", None),
        2: ("c1", None),
        5: (None, "e2"),
    }
    with database.begin("a") as tx:
        now = {int(x.id, 16): (x.stratum, x.probability, x.plan) for x in tx.labels.of(["c1"], [])}
    assert now == {1: ("na", 0.5, "1" * 32), 2: ("mine", 0.1, None), 4: (None, None, None)}
    with database.begin("b") as tx:
        assert tx.labels.asked_for("own-card") == []


def test_plans_come_back_with_what_they_drew_the_newest_first(database):
    later = plan(planned("e2"), at=NOW + timedelta(hours=1), id="2" * 32, revision=3, grader="llm")
    first = plan(planned("e1", "c1"), planned("e2"))
    with database.begin("a") as tx:
        tx.label_plans.add(first)
        tx.label_plans.add(later)
    with database.begin("a") as tx:
        assert tx.label_plans.all_for("own-card") == [later, first]
        assert (tx.label_plans.card_of("2" * 32), tx.label_plans.card_of("9" * 32)) == ("own-card", None)
    with database.begin("b") as tx:
        assert tx.label_plans.all_for("own-card") == []
        assert tx.label_plans.card_of("2" * 32) is None
