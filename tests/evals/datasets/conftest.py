import json

import pytest

from evals.datasets.entry import Reading
from evals.datasets.reading import read_dataset
from service.domain.scorecard_file import read_scorecard
from tests.evals.runs.sets import CARD


@pytest.fixture
def read(tmp_path):
    """Reads a set from text, or from objects as JSON lines."""
    numbers = iter(range(1000))

    def of(content, *, name="set.jsonl", dimension=None, rater=None):
        path = tmp_path / f"{next(numbers)}-{name}"
        text = content if isinstance(content, str) else "\n".join(json.dumps(one) for one in content)
        path.write_text(text, "utf-8")
        return list(read_dataset([str(path)], Reading(read_scorecard(CARD), dimension, rater)))

    return of


def labels(entry):
    """What an entry's labels say."""
    return [(label.dimension, label.rater, label.level) for label in entry.labelled.labels]


def turns(entry):
    """Who says what in an entry."""
    return [(turn.speaker, turn.text) for turn in entry.labelled.conversation.turns]
