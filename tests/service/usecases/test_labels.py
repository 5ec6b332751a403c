import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.errors import InvalidInput, TooManyRows, UnknownScorecard
from service.domain.label import LabelFilter
from service.domain.label_plan import LabelPlan, PlannedConversation
from service.formats.label_fields import Defaults
from service.storage.database import Database
from service.storage.upgrade import upgrade
from service.usecases.labels import ImportLabels, Labels
from service.usecases.policies import Policies
from service.usecases.pool import WorkPool
from tests.service.cards import dimension, make_card
from tests.service.erasing import erasing
from tests.service.results import LISTENING, keep, own_assessment

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
BY_R1 = {"conversation": "crm-881", "dimension": "greeting", "rater": "r1", "level": "yes"}


@pytest.fixture
def database(tmp_path):
    """A database with one evaluation: e1 of crm-881 on own-card@1."""
    made = Database(f"sqlite:///{tmp_path / 'labels.db'}")
    upgrade(made, [], NOW)
    keep(made, "a", "e1", own_assessment(), NOW)
    yield made
    made.close()


@pytest.fixture
def take_in(database):
    use = ImportLabels(database, WorkPool(0), Policies())

    def run(*labels, tenant="a", scorecard=None, replace=False):
        given = list(labels) if isinstance(labels[0], dict) else labels[0]
        return asyncio.run(use(tenant, given, Defaults(scorecard), replace=replace))

    return run


@pytest.fixture
def stored(database):
    def read(tenant="a", **wanted):
        return Labels(database).list(tenant, LabelFilter(**wanted), None, 50).items

    return read


def test_a_label_is_stored_with_what_it_says(take_in, stored):
    said = {**BY_R1, "blind": True, "created_at": "2026-11-01", "scorecard": "own-card@1"}
    assert take_in(said).stored == 1
    (label,) = stored()
    assert (label.conversation, label.evaluation, label.level) == ("crm-881", None, "yes")
    assert (label.blind, label.scorecard) == (True, "own-card@1")
    assert label.created_at == datetime(2026, 11, 1, tzinfo=UTC) < label.stored_at


def test_a_label_may_come_before_its_conversation(take_in, stored):
    done = take_in({**BY_R1, "conversation": "later", "dimension": "anything", "level": 3})
    assert done.stored == 1
    assert stored()[0].created_at == stored()[0].stored_at


def test_a_label_of_an_evaluation_is_about_its_conversation_and_card(take_in, stored):
    take_in({**BY_R1, "conversation": None, "evaluation": "e1"})
    (label,) = stored()
    assert (label.conversation, label.evaluation, label.scorecard) == ("crm-881", "e1", "own-card@1")


def test_the_same_again_is_a_duplicate_however_its_conversation_is_named(take_in, stored):
    done = take_in(BY_R1, BY_R1, {**BY_R1, "conversation": None, "evaluation": "e1"})
    assert (done.stored, [one.row for one in done.duplicates]) == (1, [2, 3])
    again = take_in(BY_R1)
    assert (again.stored, again.duplicate_count) == (0, 1)
    assert again.duplicates[0].stored_at == stored()[0].stored_at


def test_another_level_of_the_same_rater_is_a_conflict_that_tells_of_both(take_in, stored):
    take_in(BY_R1)
    done = take_in({**BY_R1, "level": "no"})
    (conflict,) = done.conflicts
    assert (conflict.row, conflict.level, conflict.stored_level) == (1, "no", "yes")
    assert "r1 gave greeting of 'crm-881' the level 'yes' before" in conflict.detail
    assert [one.level for one in stored()] == ["yes"]


def test_contradictory_rows_of_one_file_are_a_conflict_as_well(take_in):
    done = take_in(BY_R1, {**BY_R1, "level": "no"}, {**BY_R1, "rater": "r2", "level": "no"})
    assert (done.stored, [one.row for one in done.conflicts]) == (2, [2])


def test_who_says_replace_overrules_and_what_was_said_before_is_kept(take_in, stored):
    take_in({**BY_R1, "created_at": "2026-11-01"})
    before = stored()[0]
    done = take_in({**BY_R1, "level": "no"}, replace=True)
    assert (done.stored, done.replaced, done.conflict_count) == (0, 1, 0)
    (label,) = stored()
    assert label.level == "no"
    (earlier,) = label.earlier
    assert (earlier.level, earlier.created_at, earlier.stored_at) == (
        "yes",
        before.created_at,
        before.stored_at,
    )


def test_replacing_corrects_how_a_label_came_about_and_nothing_else(take_in, stored):
    take_in({**BY_R1, "blind": True, "rationale": "It starts so."})
    assert take_in({**BY_R1, "blind": True}, replace=True).duplicate_count == 1
    assert take_in({**BY_R1, "blind": False}, replace=True).replaced == 1
    (label,) = stored()
    assert (label.blind, label.rationale, label.level) == (False, "It starts so.", "yes")


def test_the_same_rater_may_grade_on_two_cards(take_in, database, stored):
    with database.begin("a") as tx:
        tx.scorecards.publish(make_card(dimension("greeting"), name="other-card"), NOW)
    done = take_in({**BY_R1, "scorecard": "own-card"}, {**BY_R1, "scorecard": "other-card", "level": "no"})
    assert done.stored == 2


@pytest.mark.parametrize(
    ("label", "field", "said"),
    [
        ({"evaluation": "e9"}, "evaluation", "there is no evaluation 'e9'"),
        ({"evaluation": "e1", "conversation": "crm-1"}, "conversation", "of another conversation"),
        ({"evaluation": "e1", "scorecard": "other"}, "scorecard", "on own-card@1, not on other"),
        ({"scorecard": "no-card"}, "scorecard", "there is no scorecard 'no-card'; there are: own-card"),
        ({"scorecard": "No Card"}, "scorecard", "a scorecard is a name"),
        ({"scorecard": "own-card", "dimension": "greetin"}, "dimension", "did you mean 'greeting'?"),
        ({"evaluation": "e1", "dimension": "other"}, "dimension", "it has: greeting, listening"),
        (
            {"scorecard": "own-card", "level": "maybe"},
            "level",
            "not on the scale of greeting, which is: no, yes",
        ),
        ({"level": 7}, "level", "'7' is not on the scale"),
        ({"level": "na"}, "level", "greeting does not allow N/A"),
    ],
)
def test_what_cannot_be_is_a_problem_of_its_row(take_in, label, field, said):
    done = take_in(BY_R1, {**BY_R1, "rater": "r2", **label})
    assert done.stored == 1
    (problem,) = done.problems
    assert (problem.row, problem.field) == (2, field)
    assert said in problem.detail


def test_a_dimension_that_is_gone_is_said_to_be_gone(take_in, database):
    with database.begin("a") as tx:
        changed = make_card(dimension("listening", scale=LISTENING), name="own-card")
        tx.scorecards.publish(changed, NOW + timedelta(days=1))
    done = take_in({**BY_R1, "conversation": "crm-9", "scorecard": "own-card"})
    assert "'greeting' is not on own-card@2; revision 1 was the last that had it" in done.problems[0].detail
    # The evaluation was made with the older revision, and so was the label.
    assert take_in({**BY_R1, "scorecard": "own-card"}).stored == 1


def test_an_evaluation_of_another_tenant_is_unknown(take_in, database):
    keep(database, "b", "e2", own_assessment(), NOW)
    theirs, unknown = ({**BY_R1, "conversation": None, "evaluation": name} for name in ("e2", "e3"))
    details = [one.detail for one in take_in(theirs, unknown).problems]
    assert details == ["there is no evaluation 'e2'", "there is no evaluation 'e3'"]


def test_levels_become_those_of_the_scale(take_in, stored):
    take_in({**BY_R1, "dimension": "listening", "level": "2"}, {**BY_R1, "rater": "r2", "level": True})
    assert {one.dimension: one.level for one in stored()} == {"listening": 2, "greeting": "yes"}


def test_personal_data_in_rationales_is_never_stored(take_in, stored):
    said = "The caller gave john.smith@example.com and card 4111 1111 1111 1111; see turns 12, 14, 16 and 18."
    take_in({**BY_R1, "rationale": said}, {**BY_R1, "rater": "r2", "rationale": "Звоните: +7 916 123-45-67"})
    texts = {one.rater: one.rationale for one in stored()}
    assert "smith" not in texts["r1"]
    assert "4111" not in texts["r1"]
    assert "turns 12, 14, 16 and 18" in texts["r1"]
    assert "123-45-67" not in texts["r2"]


class MeanwhileErased(WorkPool):
    """Redacts in a process that erases e1 before it is done."""

    def __init__(self, database):
        super().__init__(0)
        self.erase = erasing(database)

    async def run(self, *given):
        self.erase.several("a", ["e1"], "k")
        return await super().run(*given)


def test_what_was_erased_while_its_rationale_was_redacted_gets_no_label(database, stored):
    keep(database, "a", "e2", own_assessment(), NOW, external_id="crm-882")
    labels = [BY_R1, BY_R1 | {"conversation": "crm-882"}, BY_R1 | {"conversation": None, "evaluation": "e1"}]
    labels = [one | {"rationale": "The agent said hello.", "rater": f"r{n}"} for n, one in enumerate(labels)]
    labels.append(labels[0] | {"conversation": "nobody-evaluated-it"})
    use = ImportLabels(database, MeanwhileErased(database), Policies())
    done = asyncio.run(use("a", labels, Defaults(None)))
    assert {one.conversation for one in stored()} == {"crm-882", "nobody-evaluated-it"}
    assert (done.stored, [one.row for one in done.problems]) == (2, [1, 3])


def test_a_label_takes_its_probability_from_the_plan_that_drew_it(take_in, database, stored):
    drawn = PlannedConversation(evaluation="e1", conversation="crm-881", stratum="fails", probability=0.25)
    plan = LabelPlan(
        id="1" * 32,
        scorecard="own-card",
        created_at=NOW,
        seed=0,
        population=9,
        core=1,
        conversations=(drawn,),
    )
    with database.begin("a") as tx:
        tx.label_plans.add(plan)
    own = {"probability": 0.5, "stratum": "mine"}
    take_in(BY_R1, {**BY_R1, "rater": "r2", **own}, {**BY_R1, "conversation": "c2"})
    found = {(x.conversation, x.rater): (x.stratum, x.probability, x.plan) for x in stored()}
    assert found == {
        ("crm-881", "r1"): ("fails", 0.25, "1" * 32),
        ("crm-881", "r2"): ("mine", 0.5, None),
        ("c2", "r1"): (None, None, None),
    }


def test_a_card_for_all_has_to_exist(take_in):
    with pytest.raises(UnknownScorecard):
        take_in(BY_R1, scorecard="no-card")


def test_a_bad_tenant_is_refused(take_in):
    with pytest.raises(InvalidInput):
        take_in(BY_R1, tenant="Not A Tenant")


def test_a_long_file_is_taken_in_by_parts_and_its_bad_rows_are_counted(take_in, stored):
    rows = [f"c{n},greeting,r1,{'4.5' if n % 2 else 'yes'},{'x' * (n % 3)}" for n in range(2_500)]
    done = take_in("\n".join(["conversation,dimension,rater,level,comment", *rows, rows[0]]).encode())
    assert (done.stored, done.problem_count, len(done.problems)) == (1_250, 1_250, 1_000)
    assert [one.row for one in done.duplicates] == [2_502]


def test_a_wide_table_is_read_with_the_dimensions_of_the_card(take_in, stored):
    table = b"conversation,rater,agent,greeting,listening\nc1,r1,Ann,yes,3\n"
    done = take_in(table, scorecard="own-card")
    assert done.stored == 2
    assert done.notes[0] == "columns that were not read: agent"


def test_columns_of_dimensions_that_are_gone_or_misspelt_are_problems_of_the_header(take_in, database):
    with database.begin("a") as tx:
        changed = make_card(dimension("listening", scale=LISTENING), dimension("closing"), name="own-card")
        tx.scorecards.publish(changed, NOW + timedelta(days=1))
    done = take_in(b"conversation,rater,greeting,listenning,closing\nc1,r1,yes,3,\n", scorecard="own-card")
    assert [(one.row, one.field) for one in done.problems] == [(1, "greeting"), (1, "listenning")]
    assert "own-card@1 was the last revision that had it" in done.problems[0].detail
    assert "did you mean 'listening'?" in done.problems[1].detail
    assert (done.stored, done.empty) == (0, 1)


def test_labels_of_conversations_that_nobody_evaluated_are_stored_and_told_of(take_in):
    done = take_in(BY_R1, {**BY_R1, "conversation": "c8"}, {**BY_R1, "conversation": "c9", "level": 9})
    assert done.stored == 3
    (note,) = done.notes
    assert note.startswith("2 labels are of conversations that have no evaluation yet, e.g. 'c8', 'c9'")
    assert note.endswith("; their levels could not be checked")
    named = take_in({**BY_R1, "conversation": "c7", "scorecard": "own-card"})
    assert named.notes == ("1 label is of a conversation that has no evaluation yet, e.g. 'c7'",)


def test_a_dimension_that_no_card_has_is_stored_and_told_of(take_in):
    done = take_in({**BY_R1, "dimension": "gretting"}, {**BY_R1, "dimension": "parking"})
    assert done.stored == 2
    assert done.notes[:2] == (
        "no scorecard has a dimension 'gretting' (1 label); did you mean 'greeting'?",
        "no scorecard has a dimension 'parking' (1 label)",
    )


def test_a_tenant_that_has_nothing_is_told_of(take_in):
    assert take_in(BY_R1, tenant="acmee").notes[0] == (
        "the tenant 'acmee' has neither keys nor evaluations; is its name spelt right?"
    )
    assert not any("tenant" in note for note in take_in(BY_R1).notes)


def test_raters_who_differ_in_case_alone_are_told_of(take_in):
    take_in({**BY_R1, "rater": "dora"})
    (note,) = take_in({**BY_R1, "rater": "Dora"}, {**BY_R1, "rater": "Dorothy"}).notes
    assert note == "raters 'Dora' and 'dora' graded the same: if that is one person, write the name one way"


def test_more_rows_than_one_request_may_have_are_refused_before_any_is_stored(database, stored):
    use = ImportLabels(database, WorkPool(0), Policies())
    with pytest.raises(TooManyRows, match="more than 2 rows"):
        asyncio.run(use("a", [{**BY_R1, "rater": f"r{n}"} for n in range(3)], Defaults(), most=2))
    assert stored() == []
    done = asyncio.run(use("a", [BY_R1, {**BY_R1, "rater": "r2"}], Defaults(), most=2))
    assert done.stored == 2


def test_labels_of_a_card_that_is_not_there_cannot_be_listed(database):
    with pytest.raises(UnknownScorecard, match="there are: own-card"):
        Labels(database).list("a", LabelFilter(scorecard="nope"), None, 3)


def test_lists_of_labels_are_paged(take_in, database):
    take_in(*({**BY_R1, "rater": f"r{n}"} for n in range(5)))
    labels = Labels(database)
    first = labels.list("a", LabelFilter(), None, 3)
    rest = labels.list("a", LabelFilter(), first.next_cursor, 3)
    assert len({one.rater for one in (*first.items, *rest.items)}) == 5
    assert rest.next_cursor is None
    with pytest.raises(InvalidInput):
        labels.list("a", LabelFilter(scorecard="Not A Card"), None, 3)


def test_a_labelled_set_is_taken_in_as_it_stands(take_in, stored):
    line = {"conversation": {"id": 7, "turns": []}, "labels": [{"dimension": "x", "rater": "r1", "level": 1}]}
    assert take_in(json.dumps(line).encode()).stored == 1
    assert stored()[0].conversation == "7"
