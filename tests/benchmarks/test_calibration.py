import numpy as np
import pytest

from benchmarks import calibration
from benchmarks.calibration_marks import Row
from benchmarks.simulated_judges import DISTANCE, GOOD, draw, figures, joint, lowered, share_wrong


def test_the_good_judge_has_the_figures_that_the_marks_are_about():
    assert figures(joint(GOOD)) == pytest.approx((0.157, 0.71, 0.76), abs=1e-9)
    assert figures(lowered(-0.61))[0] == pytest.approx(-0.61, abs=1e-9)


def test_true_shares_of_wrong_grades_are_those_of_many_draws():
    grades = draw(joint(GOOD), 200_000, np.random.default_rng(1))
    wrong, sure = np.abs(grades.machine - grades.people) >= 2, grades.confidence >= 0.8
    expected = share_wrong(joint(GOOD), np.where(np.abs(DISTANCE) >= 2, 1.0, 0.0), 0.8)
    assert wrong[sure].mean() == pytest.approx(expected, abs=0.003)


def test_every_mark_is_measured_and_the_same_seed_gives_the_same_bytes():
    rows = calibration.measured(7, 16, 1)
    printed = calibration.table(rows)
    assert printed == calibration.table(calibration.measured(7, 16, 2))
    for name in ("formulas", "mean, 30", "audit", "rate, 300", "map, harsh", "auto-accept", "gate", "bytes"):
        assert any(name in row.name and row.verdict for row in rows), name


def test_a_verdict_says_on_which_side_of_its_mark_a_figure_is():
    assert [Row("a", 0.5, 0.4).verdict, Row("a", 0.5, 0.4, at_least=False).verdict] == ["PASS", "MISS"]
    assert Row("a", 0.5).verdict == ""
