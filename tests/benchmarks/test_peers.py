import json
import sys

from benchmarks import peers
from benchmarks.peers import Cost, cost_of, eight_dimensions
from evals.model_server import RecordedRequest


def request(**body):
    return RecordedRequest("/v1/chat/completions", {}, b"", body, 0.0)


def words(text):
    return len(text.split())


def test_tokens_are_counted_in_plain_messages_and_in_those_that_come_in_parts():
    plain = request(messages=[{"role": "system", "content": "one two"}, {"role": "user", "content": "three"}])
    parts = request(messages=[{"role": "user", "content": [{"type": "text", "text": "one two three four"}]}])
    cost = cost_of("a", [plain, parts], words, 0.5)
    assert (cost.requests, cost.tokens, cost.schema_tokens) == (2, 7, 0)


def test_the_schema_of_the_answer_is_counted_apart():
    with_schema = request(messages=[{"role": "user", "content": "one"}], response_format={"a": "b"})
    cost = cost_of("a", [with_schema], words, 0.5)
    assert (cost.tokens, cost.schema_tokens, cost.all_tokens) == (1, 2, 3)


def test_eight_dimensions_of_the_bundled_card_make_a_card():
    card = eight_dimensions()
    assert len(list(card.dimensions)) == 8
    assert card.dimensions


def test_every_level_and_rule_of_a_dimension_is_told_to_the_other_tool_too():
    for dimension in eight_dimensions().dimensions:
        told = peers.criterion(dimension)
        assert all(level.anchor in told for level in dimension.scale.levels)
        assert (dimension.not_applicable or "") in told


def test_we_ask_once_for_all_eight():
    cost = peers.measure_ours(eight_dimensions(), words)
    assert cost.requests == 1
    assert cost.tokens > words(json.dumps(peers.sixty_turns()["turns"])) / 2


def test_figures_of_an_earlier_run_are_called_so(capsys):
    ours = Cost("qalibrate", 1, 100, 10, 0.1)
    peers.report(ours, peers.RECORDED, "words", recorded=True)
    out = capsys.readouterr().out
    assert f"recorded on {peers.RECORDED_ON}" in out
    assert "4.3.1" in out
    peers.report(ours, peers.RECORDED, "words", recorded=False)
    assert "recorded" not in capsys.readouterr().out


def test_a_python_without_deepeval_measures_nothing():
    assert peers.measure_deepeval(sys.executable, eight_dimensions(), words) is None
