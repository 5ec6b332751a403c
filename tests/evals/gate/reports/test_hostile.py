"""What strangers wrote stands in every report and can do nothing there."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evals.gate.judging import judged
from evals.gate.options import GateOptions
from evals.gate.reports.annotations import annotations, command
from evals.gate.reports.html import html
from evals.gate.reports.junit import junit, xml_text
from evals.gate.reports.markdown import escaped, markdown
from evals.gate.reports.words import plain
from service.cli.output import printable
from tests.evals.gate.runs import card, conversation, evaluation, run

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "]]><oops>",
    "first\n::error title=forged::forged\n##[error]forged\n##vso[task.complete]",
    "| a | cell |\n\n# heading\n\n```\n[link](https://evil.example) ![i](x) @somebody www.evil.example",
    "\x00\x01\x08\x0b\x0c\x1b[31m\x7f\x85\u2028\u202eabc\ufffe\uffff",
    "{{ 7 * 7 }} {% raw %} &amp; \"'><svg/onload=alert(1)>",
    "%0A::error::forged%25",
]


class Reader(HTMLParser):
    """Collects what a browser would see as elements, attributes and text."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in {"meta", "br", "path"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag != "path":
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def made(text):
    """A judgement with everything in it, and `text` wherever strangers write."""
    content = card()
    quote = text.strip() or "x"
    runs = []
    for level, model in ((4, "m-1"), (1, f"m {text}")):
        conversations = [
            conversation(
                f"c{n} {text}",
                [evaluation(content, {"help": level}, n, model=model, rationale=text, quote=quote)],
                [("help", 4), ("help", 3, f"r2 {text}")],
                floors={"help": 3} if n < 3 else None,
            )
            for n in range(12)
        ]
        made_ = run(conversations, content)
        runs.append(made_.model_copy(update={"dataset": f"d {text}", "version": f"1 {text}"}))
    return judged(*runs, GateOptions())


@pytest.mark.parametrize("text", HOSTILE)
def test_html_shows_it_as_words_only(text):
    page = html(made(text))
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert set(reader.tags).isdisjoint({"script", "img", "link", "iframe", "oops", "a"})
    names = {name for name, _ in reader.attributes}
    assert not any(name.startswith("on") for name in names)
    assert names.isdisjoint({"style", "src", "href", "action"})
    assert "7 * 7" in page or "7 * 7" not in text
    assert all(line == printable(line) for line in page.split("\n"))


@pytest.mark.parametrize("text", HOSTILE)
def test_junit_stays_readable_xml(text):
    root = ElementTree.fromstring(junit(made(text)))
    assert {suite.get("name") for suite in root} == {"no loss", "floors"}
    assert root.get("failures") == str(len(root.findall(".//failure")))
    assert {element.tag for element in root.iter()} <= {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "skipped",
        "system-out",
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_keeps_its_tables_and_lets_no_markup_in(text):
    lines = markdown(made(text)).split("\n")
    tables = [line for line in lines if line.startswith("|")]
    for line in tables:
        assert line.endswith("|")
        assert not re.search(r"<[a-z/!]", line, re.IGNORECASE)
        assert "](" not in line
    flips = [line for line in tables if line.startswith("| c")]
    assert len(flips) == 12
    assert {line.count("|") for line in flips} == {8}
    assert not any(line.startswith(("# heading", "```", "::")) for line in lines)


@pytest.mark.parametrize("text", HOSTILE)
def test_annotations_are_a_line_each_that_begins_as_ours(text):
    lines = list(annotations(made(text)))
    assert lines
    for line in lines:
        assert len(line.splitlines()) == 1
        assert re.match(r"::(error|warning) title=Grading gate( failed)?::[^:]", line)
        assert line.count("::") == 2


@given(st.text())
@example(":::::")
@example("####[error]")
def test_an_annotation_is_one_line_whatever_it_says(text):
    line = command("error", text, text)
    assert len(line.splitlines()) == 1
    assert line.count("::") == 2
    assert "##" not in line


@given(st.text())
@example(":::::")
def test_words_on_a_terminal_stay_on_their_line(text):
    assert len(plain(text).splitlines()) <= 1
    assert "::" not in plain(text)


@given(st.text())
def test_any_text_fits_into_xml(text):
    element = ElementTree.Element("a", {"b": xml_text(text)})
    again = ElementTree.fromstring(ElementTree.tostring(element, encoding="unicode"))
    assert len(again.get("b", "")) == len(xml_text(text))


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_escaped_markdown_holds_no_bare_markup(text):
    bare = re.sub(r"&#\d+;", "", escaped(text))
    assert not re.search(r"[\\`*_{}\[\]<>#|~$&@!\n]", bare)
