from service.calibration.agreement import agreement
from service.calibration.cases import cases_of
from service.calibration.describe import describe
from service.domain.scorecard import Dimension
from tests.service.calibration.making import FIVE, graded, label, two_dimensions
from tests.service.cards import dimension

TONE, GREETING = two_dimensions().scorecard.dimensions


def described(*evaluations, others=None):
    return describe(TONE, cases_of(TONE, evaluations), others)


def panel(n, machine=lambda k: 1 + k % 5, raters=3):
    """Conversations that go 1, 2, 3, 4, 5, 1 ...; the last rater gives one less on every third."""
    return [
        graded(
            k,
            *(
                label("tone", max(1, 1 + k % 5 - (r == raters - 1 and k % 3 == 0)), f"r{r}")
                for r in range(raters)
            ),
            tone=machine(k),
        )
        for k in range(n)
    ]


def test_the_grader_stands_beside_a_constant_guess_on_the_same_items():
    found = described(*panel(40))
    assert set(found.columns) == {"constant", "llm"}
    assert {one.n for one in found.columns.values()} == {40}
    people = [1 + k % 5 for k in range(40)]
    same = agreement(TONE.scale, people, people, not_applicable=True)
    assert found.columns["llm"] == same
    assert found.columns["constant"].exact.value < 0.4
    assert (found.items, found.labels, found.scale) == (40, 120, "ordinal")


def test_other_columns_are_given_by_the_id_of_the_evaluation():
    found = described(*panel(40), others={"learned": {f"e{k}": 3 for k in range(35)}})
    assert found.columns["learned"].n == found.columns["llm"].n == found.columns["constant"].n == 35
    assert "labelled conversations left out because 'learned' has no answer there: 5" in found.notes


def test_people_are_described_on_all_labelled_conversations_also_the_ungraded():
    found = described(*panel(40, machine=lambda k: None if k < 10 else 3))
    assert (found.items, found.ungraded) == (30, 10)
    assert found.ceiling.items == 40
    assert [one.labels for one in found.raters] == [40, 40, 40]
    assert found.stand_in.items == 30


def test_labels_without_any_grade_still_tell_how_people_agree():
    without = [
        one.model_copy(update={"evaluation": one.evaluation.model_copy(update={"grades": ()})})
        for one in panel(35)
    ]
    found = described(*without)
    assert set(found.columns) == {"constant"}
    assert found.ceiling.items == 35
    assert (found.ungraded, found.stand_in) == (0, None)


def test_a_grader_that_graded_none_of_the_labelled_ones_is_said_to_have_graded_none():
    found = described(*panel(6, machine=lambda _: None))
    assert found.ungraded == 6
    assert "llm" not in found.columns


def test_few_labels_of_one_rater_are_no_confident_number():
    found = described(graded(0, label("tone", 4)), graded(1, label("tone", 2)), graded(2, label("tone", 5)))
    assert found.columns["llm"].qwk.value is None
    notes = " ".join(found.notes)
    assert "only 3 conversations: figures are loose" in notes
    assert "no conversation was labelled by two people" in notes
    assert "no stand-in test: it takes 3 people" in notes
    assert found.ceiling is None


def test_one_level_only_is_said():
    found = described(*(graded(k, label("tone", 4)) for k in range(40)))
    assert any("people gave only one answer, 4" in note for note in found.notes)


def test_much_agreement_with_a_kappa_near_zero_is_called_misleading():
    greeting = {k: "no" if k in (3, 7, 11) else "yes" for k in range(50)}
    found = describe(
        GREETING,
        cases_of(GREETING, [graded(k, label("greeting", level)) for k, level in greeting.items()]),
        {"learned": {f"e{k}": "no" if k in (20, 30) else "yes" for k in range(50)}},
    )
    (note,) = [note for note in found.notes if "but kappa is" in note and "learned" in note]
    # 45 of 50 are the same; by chance .94 · .96 + .06 · .04 = .9048: (.9 − .9048) / .0952.
    assert note.startswith("90% of the answers of 'learned' are people's, but kappa is -0.05")
    assert any("of 'llm'" in note for note in found.notes)
    assert not any("'constant'" in note for note in found.notes)


def test_what_was_left_out_is_told():
    found = described(
        graded(0, label("tone", 9), label("tone", 4, "r2"), label("tone", 3, "r2")),
        graded(1, label("tone", 4, blind=False)),
        graded(2, label("tone", "na"), label("tone", 2, "r2")),
    )
    assert found.seen == 1
    assert {
        "labels left out because their level is not on the scale: 1",
        "labels left out because the rater labelled the conversation again: 1",
        "labels left out because the rater had seen the machine's grade: 1",
        "conversations left out because people's answers tie: 1",
    } <= set(found.notes)


def test_nothing_labelled_is_one_sentence():
    found = described(graded(0), graded(1))
    assert found.notes == ("no labels that could be used: nothing is known about agreement with people",)
    assert (found.columns, found.raters, found.ceiling) == ({}, (), None)


def test_no_cases_at_all_are_described():
    assert described().items == 0


def test_a_rater_a_level_harsher_is_named_in_the_description():
    card = Dimension.model_validate(dimension("tone", scale=FIVE))
    levels = [2 + k % 4 for k in range(30)]
    rows = [
        graded(k, label("tone", x - 1, "strict"), label("tone", x, "r2"), label("tone", x, "r3"))
        for k, x in enumerate(levels)
    ]
    found = describe(card, cases_of(card, rows))
    assert [one.note is not None for one in found.raters] == [False, False, True]


def test_the_same_input_gives_the_same_bytes():
    rows = panel(40)
    assert described(*rows).model_dump_json() == described(*rows).model_dump_json()


def test_conversations_on_which_people_tie_count_in_how_far_people_agree():
    rows = [
        graded(k, label("greeting", "yes"), label("greeting", "no" if k % 2 else "yes", "r2"))
        for k in range(40)
    ]
    found = describe(GREETING, cases_of(GREETING, rows))
    assert (found.items, found.ceiling.items, found.ceiling.exact.value) == (20, 40, 0.5)
    assert [one.severity.n for one in found.raters] == [40, 40]


def test_labels_drawn_with_different_probabilities_are_said_to_speak_for_themselves_only():
    rows = [graded(k, label("tone", 1 + k % 5, probability=(0.1, 1.0)[k % 2])) for k in range(40)]
    assert any("different probabilities" in note for note in described(*rows).notes)
    assert not any("different probabilities" in note for note in described(*panel(40)).notes)


def test_much_agreement_that_is_far_beyond_chance_needs_no_warning():
    found = described(*panel(40))
    assert found.columns["llm"].exact.value == 1
    assert not any("kappa is" in note for note in found.notes)


def test_standing_in_for_people_who_hardly_agree_is_said_to_be_not_much():
    def guess(k, r):
        return 1 + (k * k + 3 * k * r + r) % 5

    rows = [
        graded(
            k,
            *(label("tone", guess(k, r), f"r{r}") for r in range(3)),
            tone=sorted(guess(k, r) for r in range(3))[1],
        )
        for k in range(60)
    ]
    found = described(*rows)
    assert found.stand_in.passes
    assert found.ceiling.alpha.value < 0.4
    assert found.stand_in.note.startswith("people hardly agree with each other")
    assert described(*panel(40)).stand_in.note is None
