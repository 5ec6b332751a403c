"""Runs from disk."""

import gc

from evals.gate.drift import drift_between
from evals.gate.judging import judged
from evals.gate.options import GateOptions, parse_least
from evals.gate.reading import read_grades, read_run
from tests.evals.gate.runs import simple

PEOPLE = [1, 2, 3, 4, 5] * 8


def test_a_run_is_read_as_it_was_written(tmp_path):
    made, path = simple(PEOPLE, PEOPLE), tmp_path / "run.json"
    path.write_text(made.model_dump_json())
    assert read_run(path) == made
    assert gc.isenabled()


def test_grades_alone_are_judged_as_the_whole_run_is(tmp_path):
    runs = [simple(PEOPLE, PEOPLE, confidence=0.8), simple([1] * 20 + PEOPLE[20:], PEOPLE, model="m-2")]
    lean = []
    for number, made in enumerate(runs):
        path = tmp_path / f"{number}.json"
        path.write_text(made.model_dump_json())
        lean.append(read_grades(path))
    assert lean[0].conversations[0].evaluations[0].turns is None
    options = GateOptions(least=parse_least(["qwk=0.5"]))
    assert judged(*lean, options) == judged(*runs, options)
    assert drift_between(*lean) == drift_between(*runs)
