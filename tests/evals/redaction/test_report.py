import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.redaction.example import ANY, Span
from evals.redaction.report import f2, make_report
from evals.redaction.scoring import Selection, score
from tests.evals.redaction.examples import example

EVERYTHING = Selection()


def tally(text, gold, found, language="en"):
    spans = tuple(Span(0, *place) for place in gold)
    return score(example(text, spans=spans), [Span(0, *place) for place in found], language, EVERYTHING)


def row(report, name, group=0):
    return next(row for row in report.groups[group].types if row.type == name)


#       0123456789012345
TEXT = "abcdefghij klmno"

MISSED_HALF = tally(TEXT, [(0, 10, "PERSON")], [(0, 5, "PERSON")])
TOO_MUCH = tally(TEXT, [(0, 5, "PERSON")], [(0, 10, "PERSON")])
FALSE_HIT = tally(TEXT, [], [(11, 16, "LOCATION")], "ru")


def test_rates_are_of_sums_over_conversations():
    # gold 10 + 5, covered 5 + 5; found 5 + 10, right 5 + 5; two spans, one whole.
    any_row = row(make_report([MISSED_HALF, TOO_MUCH]), ANY)
    assert any_row.recall.value == pytest.approx(10 / 15)
    assert any_row.precision.value == pytest.approx(10 / 15)
    assert any_row.f2.value == pytest.approx(10 / 15)
    assert any_row.leak_rate.value == 0.5


def test_languages_have_groups_of_their_own_after_the_one_of_all():
    report = make_report([MISSED_HALF, TOO_MUCH, FALSE_HIT])
    assert [(g.language, g.conversations) for g in report.groups] == [("all", 3), ("en", 2), ("ru", 1)]
    assert row(report, ANY, 1).hit_characters == 15
    assert make_report([MISSED_HALF]).groups[0].language == "en"


def test_false_hits_are_in_relation_to_turns_and_conversations():
    group = make_report([MISSED_HALF, FALSE_HIT, FALSE_HIT]).groups[0]
    assert group.false_hits_per_1000_turns.value == pytest.approx(2000 / 3)
    assert group.false_hits_per_100_conversations.value == pytest.approx(200 / 3)


def test_a_set_without_personal_data_has_no_recall_and_says_how_much_was_false():
    any_row = row(make_report([FALSE_HIT]), ANY)
    assert (any_row.recall, any_row.leak_rate, any_row.f2) == (None, None, None)
    assert any_row.precision.value == 0
    assert any_row.precision.low is None


def test_a_type_of_others_is_held_against_the_type_that_we_give_it():
    given_as = tally(TEXT, [(0, 5, "GPE")], [(0, 5, "LOCATION"), (11, 16, "LOCATION")])
    report = make_report([given_as])
    assert [r.type for r in report.groups[0].types] == [ANY, "GPE"]
    gpe = row(report, "GPE")
    assert (gpe.expected, gpe.recall.value, gpe.precision.value, gpe.false_hits) == ("LOCATION", 1, 0.5, 1)
    assert gpe.labelled == {"LOCATION": 5}


def test_a_type_that_nobody_knows_is_kept_under_its_own_name():
    report = make_report([tally(TEXT, [(0, 5, "SHOE_SIZE")], [(0, 5, "ID_NUMBER")])])
    shoe = row(report, "SHOE_SIZE")
    assert (shoe.expected, shoe.recall.value, shoe.precision, shoe.f2) == ("SHOE_SIZE", 1, None, None)
    assert row(report, "ID_NUMBER").precision.value == 1


def test_nothing_found_is_an_f2_of_nothing():
    assert row(make_report([tally(TEXT, [(0, 5, "PERSON")], [])]), ANY).f2.value == 0


@pytest.mark.parametrize(
    ("precision", "recall", "expected"),
    [(1, 1, 1), (0.5, 1, 2.5 / 3), (1, 0.5, 2.5 / 4.5), (None, 0, 0), (None, 0.5, None), (1, None, None)],
)
def test_f2_counts_recall_twice(precision, recall, expected):
    assert f2(precision, recall) == (expected if expected is None else pytest.approx(expected))


def test_intervals_hold_the_value_and_say_how_they_were_made():
    report = make_report([MISSED_HALF, TOO_MUCH] * 20)
    for rate in (row(report, ANY).recall, row(report, ANY).leak_rate, row(report, ANY).f2):
        assert rate.low < rate.value < rate.high
    assert (report.intervals.level, report.intervals.resamples) == (0.95, 1000)


places = st.tuples(st.integers(0, 15), st.integers(1, 16)).filter(lambda place: place[0] < place[1])
labelled = st.tuples(places, st.sampled_from(["PERSON", "GPE", "ODD"])).map(lambda pair: (*pair[0], pair[1]))
spans = st.lists(labelled, max_size=4)
tallies = st.lists(
    st.builds(tally, st.just(TEXT), spans, spans, st.sampled_from(["en", "ru"])), min_size=1, max_size=6
)


@settings(deadline=None)
@given(tallies, st.randoms(use_true_random=False))
def test_the_order_of_the_conversations_changes_nothing(some, random):
    report = make_report(some)
    shuffled = list(some)
    random.shuffle(shuffled)
    assert make_report(shuffled) == report


@settings(deadline=None)
@given(st.lists(spans.filter(bool), min_size=1, max_size=5))
def test_who_finds_exactly_what_is_marked_is_perfect(golds):
    report = make_report([tally(TEXT, gold, gold) for gold in golds])
    for each in report.groups[0].types:
        if each.spans:
            assert (each.recall.value, each.leak_rate.value) == (1, 0)
        if each.precision is not None:
            assert (each.precision.value, each.false_hits) == (1, 0)


@settings(deadline=None)
@given(tallies)
def test_rates_lie_between_nothing_and_all(some):
    for group in make_report(some).groups:
        for each in group.types:
            for rate in (each.recall, each.precision, each.f2, each.leak_rate):
                assert rate is None or 0 <= rate.value <= 1
