"""The judgement as JUnit XML: a test case for each test, floor and threshold."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as Xml

from evals.gate.judgement import Floor, Judgement, LossTest, Threshold
from evals.gate.reports.words import figure
from evals.gate.sentences import loss_sentence

# What XML 1.0 has no place for, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Case:
    """One test case. `state` is None for a passed one."""

    suite: str
    name: str
    state: Literal["failure", "error", "skipped"] | None
    text: str


def junit(judgement: Judgement) -> str:
    """Return the XML document."""
    cases = list(cases_of(judgement))
    root = Xml.Element("testsuites", _counts("qalibrate gate", cases))
    for suite in dict.fromkeys(case.suite for case in cases):
        mine = [case for case in cases if case.suite == suite]
        element = Xml.SubElement(root, "testsuite", _counts(suite, mine))
        for case in mine:
            _add(element, case)
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n"


def cases_of(judgement: Judgement) -> Iterator[Case]:
    """Yield all test cases; where too little was measured, one that is an error."""
    if judgement.outcome == "unmeasured":
        yield Case("gate", "enough was measured", "error", "\n".join(judgement.warnings))
    for test in judgement.comparison.tests if judgement.comparison else ():
        yield _of_test(test)
    for floor in judgement.new.floors:
        yield _of_floor(floor)
    for threshold in judgement.new.thresholds:
        yield _of_threshold(threshold)


def _of_test(test: LossTest) -> Case:
    power = (
        "" if test.detectable is None else f"; a growth by {figure(test.detectable, '.3f')} would be noticed"
    )
    text = f"{loss_sentence(test)}{power}"
    if test.worse:
        return Case("no loss", test.dimension, "failure", text)
    return Case("no loss", test.dimension, "skipped" if test.note else None, test.note or text)


def _of_floor(floor: Floor) -> Case:
    name = f"{floor.conversation}: {floor.dimension} at least {floor.floor}"
    return Case("floors", name, "failure" if floor.broken else None, floor.why)


def _of_threshold(threshold: Threshold) -> Case:
    name = f"{threshold.dimension}: {threshold.figure} at least {threshold.asked:g}"
    if threshold.judged:
        return Case("agreement", name, "failure" if threshold.missed else None, threshold.why)
    return Case("agreement", name, "error" if threshold.unanswered else "skipped", threshold.why)


def _counts(name: str, cases: Iterable[Case]) -> dict[str, str]:
    states = [case.state for case in cases]
    return {
        "name": name,
        "tests": str(len(states)),
        "failures": str(states.count("failure")),
        "errors": str(states.count("error")),
        "skipped": str(states.count("skipped")),
    }


def _add(suite: Xml.Element, case: Case) -> None:
    where = {"classname": f"qalibrate.{case.suite.replace(' ', '_')}", "name": xml_text(case.name)}
    element = Xml.SubElement(suite, "testcase", where)
    if case.state is not None:
        message = xml_text(case.text)
        Xml.SubElement(element, case.state, {"message": message}).text = message
    else:
        Xml.SubElement(element, "system-out").text = xml_text(case.text)


def xml_text(text: str) -> str:
    """Return text without characters that no XML document may hold."""
    return _NO_XML.sub("\ufffd", text)
