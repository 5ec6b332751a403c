from collections import Counter

from evals.redaction.example import ANY, Span
from evals.redaction.scoring import Gold, Predicted, Selection, score, worst
from tests.evals.redaction.examples import example

EVERYTHING = Selection()

#          0123456789012345678901234567890
TEXT = "I am Ann Lee, call 555-0100 ok"
NAME = Span(0, 5, 12, "PERSON")
PHONE = Span(0, 19, 27, "PHONE_NUMBER")


def scored(found, spans=(NAME, PHONE), selection=EVERYTHING, neutral=(), mistakes=0):
    return score(example(TEXT, spans=spans, neutral=neutral), found, "en", selection, mistakes)


def test_only_letters_and_digits_count():
    # "Ann Lee" has 6, "555-0100" has 7; the space and the hyphen are nothing.
    tally = scored([Span(0, 5, 8, "PERSON"), Span(0, 9, 12, "PERSON"), PHONE])
    assert tally.gold["PERSON"] == Gold(6, 6, 1, 1, Counter(PERSON=6))
    assert tally.gold["PHONE_NUMBER"] == Gold(7, 7, 1, 1, Counter(PHONE_NUMBER=7))
    assert tally.predicted[ANY] == Predicted(13, 13, 3, 0)


def test_a_span_that_is_covered_in_part_leaks():
    tally = scored([Span(0, 5, 8, "PERSON")])
    assert tally.gold["PERSON"] == Gold(6, 3, 1, 0, Counter(PERSON=3))
    assert tally.gold[ANY] == Gold(13, 3, 2, 0, Counter(PERSON=3))


def test_what_covers_a_span_may_have_any_label_and_the_labels_are_counted():
    tally = scored([Span(0, 5, 8, "LOCATION"), Span(0, 9, 12, "PERSON")])
    assert tally.gold["PERSON"] == Gold(6, 6, 1, 1, Counter(LOCATION=3, PERSON=3))
    assert tally.predicted["LOCATION"] == Predicted(3, 3, 1, 0)


def test_precision_is_of_characters_and_a_hit_that_touches_gold_is_not_false():
    # "am Ann Lee": 2 letters too many; "ok": a false hit of 2.
    tally = scored([Span(0, 2, 12, "PERSON"), Span(0, 28, 30, "PERSON")])
    assert tally.predicted["PERSON"] == Predicted(characters=10, correct=6, hits=2, false_hits=1)


def test_an_ignored_type_is_neither_gold_nor_false_and_hits_of_that_type_are_not_looked_at():
    ignore = Selection(ignore=frozenset({"PERSON"}))
    tally = scored([Span(0, 5, 12, "LOCATION"), Span(0, 28, 30, "PERSON")], selection=ignore)
    assert set(tally.gold) == {ANY, "PHONE_NUMBER"}
    assert tally.predicted == {"LOCATION": Predicted(0, 0, 1, 0), ANY: Predicted(0, 0, 1, 0)}


def test_of_a_hit_on_an_ignored_span_only_what_goes_beyond_it_counts():
    ignore = Selection(ignore=frozenset({"PERSON"}))
    tally = scored([Span(0, 2, 12, "LOCATION")], selection=ignore)
    assert tally.predicted[ANY] == Predicted(characters=2, correct=0, hits=1, false_hits=0)


def test_gold_inside_of_an_ignored_span_stays_gold():
    inner = Span(0, 5, 8, "FIRST")
    tally = scored([inner], (NAME, inner), Selection(ignore=frozenset({"PERSON"})))
    assert tally.gold[ANY] == Gold(3, 3, 1, 1, Counter(FIRST=3))
    assert tally.predicted[ANY].correct == 3


def test_neutral_pieces_are_like_ignored_spans():
    tally = scored([Span(0, 28, 30, "LOCATION")], neutral=(Span(0, 28, 30, "filler"),))
    assert tally.predicted[ANY] == Predicted(0, 0, 1, 0)


def test_only_one_type_of_what_was_found_can_be_looked_at():
    tally = scored([NAME, PHONE], selection=Selection(only=frozenset({"PERSON"})))
    assert set(tally.predicted) == {ANY, "PERSON"}
    assert tally.gold["PHONE_NUMBER"].covered == 0


def test_spans_that_overlap_are_counted_each_and_their_characters_once():
    tally = scored([NAME], (NAME, Span(0, 5, 8, "FIRST")))
    assert (tally.gold[ANY].spans, tally.gold[ANY].whole, tally.gold[ANY].characters) == (2, 2, 6)


def test_a_span_of_signs_alone_is_not_counted():
    assert scored([], (Span(0, 12, 14, "PERSON"),)).gold == {}


def test_turns_are_kept_apart():
    two = example("Ann", "Ann", spans=(Span(1, 0, 3, "PERSON"),))
    tally = score(two, [Span(0, 0, 3, "PERSON")], "en", EVERYTHING)
    assert tally.gold[ANY].covered == 0
    assert tally.predicted[ANY].false_hits == 1


def test_the_worst_misses_come_first_and_then_the_longest_false_hits():
    found = [Span(0, 0, 4, "LOCATION"), Span(0, 28, 30, "PERSON"), Span(0, 5, 8, "PERSON")]
    mistakes = list(worst([scored(found, mistakes=9)], 9))
    assert [(m.kind, m.text, m.weight) for m in mistakes] == [
        ("miss", "555-0100", 7),
        ("miss", "Ann Lee", 3),
        ("false hit", "I am", 3),
        ("false hit", "ok", 2),
    ]
    assert (mistakes[1].before, mistakes[1].after) == ("I am ", ", call 555-0100 ok")


def test_no_text_is_kept_unless_asked_for():
    assert scored([]).mistakes == []
