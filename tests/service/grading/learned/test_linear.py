import numpy as np
import pytest

from service.grading.learned.components import Components
from service.grading.learned.linear import chances, log_loss, logistic, ridge, softmax
from service.grading.learned.space import Sparse
from service.grading.learned.targets import one_of


def random_vectors(number: int = 30, size: int = 200, seed: int = 0) -> tuple[list[Sparse], np.ndarray]:
    rng = np.random.default_rng(seed)
    dense = np.where(rng.random((number, size)) < 0.1, rng.normal(size=(number, size)), 0)
    return [Sparse(np.flatnonzero(row), row[row != 0]) for row in dense], dense


def test_ridge_on_components_is_ridge_on_the_vectors_themselves():
    vectors, dense = random_vectors()
    targets = np.random.default_rng(1).normal(size=(30, 1))
    components = Components.of(vectors, 200)
    line = ridge(components.scores, targets, 2.0)
    # The closed form, with everything centred: w = (X'X + 2 I)^-1 X'y.
    centred, wanted = dense - dense.mean(axis=0), targets - targets.mean()
    weights = np.linalg.solve(centred.T @ centred + 2 * np.eye(200), centred.T @ wanted)
    assert components.directions @ line.weights == pytest.approx(weights, abs=1e-8)


def test_the_scores_of_a_conversation_are_its_projection():
    vectors, _ = random_vectors()
    components = Components.of(vectors, 200)
    assert components.project(vectors) == pytest.approx(components.scores, abs=1e-8)


def test_conversations_that_say_nothing_have_a_component_of_zero():
    nothing = Sparse(np.array([], dtype=np.int64), np.array([]))
    components = Components.of([nothing, nothing], 7)
    assert components.scores.tolist() == [[0.0], [0.0]]
    assert components.directions.shape == (7, 1)


def test_two_answers_and_three_give_probabilities():
    scores = np.random.default_rng(2).normal(size=(60, 4))
    for answers in (2, 3):
        positions = np.clip(np.round(scores[:, 0] + answers / 2), 0, answers - 1).astype(int)
        predicted = chances(scores, one_of(positions, answers), 1.0)(scores)
        assert predicted.sum(axis=1) == pytest.approx(1)
        assert np.mean(predicted.argmax(axis=1) == positions) > 0.8


def test_an_answer_that_nobody_gave_is_all_but_impossible():
    line = logistic(np.zeros((4, 2)), one_of([1, 1, 1, 1], 3), 1.0)
    assert softmax(line(np.zeros((1, 2))))[0] == pytest.approx([0, 1, 0], abs=1e-6)


def test_one_sure_mistake_is_charged_a_bounded_loss():
    assert log_loss(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])) == pytest.approx(6.9078, abs=1e-3)
