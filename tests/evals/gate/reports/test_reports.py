"""What the reports say."""

from xml.etree import ElementTree

from evals.gate.judging import judged
from evals.gate.options import GateOptions, parse_least
from evals.gate.reports.annotations import annotations
from evals.gate.reports.html import html
from evals.gate.reports.junit import junit
from evals.gate.reports.markdown import markdown
from evals.gate.reports.plots import agreement_plot
from tests.evals.gate.runs import card, conversation, evaluation, ordinal, run, simple

PEOPLE = [1, 2, 3, 4, 5] * 8
SAME = simple(PEOPLE, PEOPLE, confidence=0.8)
WORSE = simple([1] * 20 + PEOPLE[20:], PEOPLE, model="m-2", confidence=0.8)


def judge(base, new, *asked):
    return judged(base, new, GateOptions(least=parse_least(list(asked))))


def states(judgement):
    """Name and outcome of every test case."""
    cases = ElementTree.fromstring(junit(judgement)).iter("testcase")
    return {case.get("name"): next(iter(case)).tag for case in cases}


def test_junit_has_a_case_for_each_test_and_threshold():
    found = states(judge(SAME, WORSE, "exact=0.9", "qwk=0.1"))
    assert found == {
        "help": "failure",
        "help: exact at least 0.9": "failure",
        "help: qwk at least 0.1": "system-out",
    }


def test_junit_has_a_case_for_each_floor():
    content = card()
    cases = [conversation(f"c{n}", [evaluation(content, {"help": n})], floors={"help": 2}) for n in (1, 2)]
    found = states(judge(None, run(cases, content)))
    assert found == {"c1: help at least 2": "failure", "c2: help at least 2": "system-out"}


def test_what_could_not_be_judged_is_skipped_where_something_else_was():
    two = card(ordinal("help"), ordinal("needs"))
    made = simple(PEOPLE, PEOPLE, content=two)
    found = states(judge(made, made, "qwk=0.5"))
    assert (found["help: qwk at least 0.5"], found["needs: qwk at least 0.5"]) == ("system-out", "skipped")


def test_where_nothing_that_was_asked_for_could_be_judged_that_is_an_error():
    few = simple([3, 3], [3, 3])
    assert states(judge(few, few, "qwk=0.5")) == {
        "enough was measured": "error",
        "help": "skipped",
        "help: qwk at least 0.5": "error",
    }
    nothing = simple([3, 3], [None, None])
    assert states(judge(nothing, nothing)) == {"enough was measured": "error"}


def test_markdown_names_the_verdict_the_change_and_the_flips():
    text = markdown(judge(SAME, WORSE))
    assert text.startswith("## Grading gate: failed\n")
    assert "| model | m-1 | m-2 |" in text
    assert "### Flips: 16" in text


def test_annotations_are_errors_when_it_fails_and_warnings_when_it_says_little():
    assert next(iter(annotations(judge(SAME, WORSE)))).startswith("::error title=Grading gate failed::")
    two = simple(PEOPLE, PEOPLE, content=card(ordinal("help"), ordinal("needs")))
    assert next(iter(annotations(judge(two, two, "qwk=0.5")))).startswith("::warning title=Grading gate::")
    nothing = simple([3, 3], [None, None])
    assert next(iter(annotations(judge(nothing, nothing)))).startswith("::error title=Grading gate::")


def test_html_has_every_part_and_nothing_from_elsewhere():
    page = html(judge(SAME, WORSE, "qwk=0.5"))
    for part in ("distance", "agreement", "confusion", "reliability", "asked", "flips", "changes"):
        assert f'<h2 id="{part}">' in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert "default-src 'none'" in page.replace("&#39;", "'")


def test_html_of_one_run_has_no_comparison():
    page = html(judge(None, SAME))
    assert '<h2 id="agreement">' in page
    assert '<h2 id="flips">' not in page
    assert "base run" not in page


def test_html_of_a_run_without_labels_is_a_page_too():
    nothing = simple([3, 3], [None, None])
    assert "unmeasured" in html(judge(nothing, nothing))


def test_the_same_judgement_gives_the_same_pages():
    first, second = (judge(SAME, WORSE) for _ in range(2))
    assert html(first) == html(second)
    assert junit(first) == junit(second)


def test_an_axis_of_agreement_is_labelled_in_round_numbers_wherever_it_begins():
    others = [1, 2, 4, 5, 5], [2, 1, 2, 4, 3], [5, 4, 3, 2, 1]
    for answers in (PEOPLE, *(list(other) * 8 for other in others)):
        plot = agreement_plot(judge(None, simple(answers, PEOPLE)).new, None)
        assert {float(tick.replace("−", "-")) % 0.25 for tick in plot.ticks} == {0}


def test_figures_beside_a_plot_stand_in_the_order_in_which_they_are_drawn():
    (strip,) = agreement_plot(judge(SAME, WORSE).new, judge(None, SAME).new).strips
    assert [line.split()[0] for line in strip.lines] == ["base", "new"]
