"""Real labels, where the corpora are at hand: `python -m benchmarks.learned` has the whole tables."""

import numpy as np

from benchmarks.learned import LABELS, compared, lessons, qwk, read_judgements, saved, spearman
from service.grading.learned.fitting import Course


def test_held_out_predictions_of_overall_quality_beat_a_constant_guess(corpora):
    corpus = read_judgements(corpora / LABELS)
    assert len(corpus) == 200
    lesson = next(one for one in lessons(corpus) if one.dimension.id == "dialogue-overall")
    predicted = Course([one.turns for one in corpus], [lesson]).cross_fit()
    items = compared("dialogue-overall", corpus, predicted["dialogue-overall"])
    # A constant guess has a kappa of 0, no order, and saves nothing of the squared error.
    assert qwk(items) > 0.2
    assert spearman(items) > 0.2
    assert saved(items) > 0
    assert len(np.unique(items.level)) >= 3
