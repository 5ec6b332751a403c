"""Models that several tests read and none changes."""

import pytest

from service.grading.learned.fitting import Course
from service.grading.learned.models import LearnedModels
from tests.service.grading.learned.corpora import choice, conversations, lesson, ordinal, yes_no


@pytest.fixture(scope="session")
def models() -> LearnedModels:
    """`warmth` (1 to 3), `warm` (yes/no) and `tone` (a choice), fitted on 90 conversations."""
    turns, warmth = conversations(90)
    fitted = Course(turns, [lesson(make(), warmth) for make in (ordinal, yes_no, choice)]).fit()
    assert fitted is not None
    return fitted
