import json

from tests.service.cards import card, dimension


def test_mistakes_are_explained_with_line_and_remedy(qalibrate, tmp_path):
    path = tmp_path / "card.yaml"
    path.write_text("name: x\ntitle: X\nlanguage: en\nlanguages: [en]\npass_mark: 50\nsectons: []\n")
    ran = qalibrate("scorecard", "check", path)
    assert ran.code == 2
    assert f"{path}:6: error:" in ran.out.replace("\n", "")
    assert "sections" in ran.out


def test_advice_alone_is_fine(qalibrate, tmp_path):
    path = tmp_path / "card.yaml"
    question = "Does the agent greet the customer and apologise for the wait?"
    path.write_text(json.dumps(card(dimension("greeting", question=question))))
    ran = qalibrate("scorecard", "check", path, "--format", "json")
    assert ran.code == 0
    assert {line["severity"] for line in ran.lines} == {"advice"}


def test_builtin_scorecards_are_listed_and_shown_as_a_file_to_start_from(qalibrate, tmp_path):
    assert "inbound-service@1" in qalibrate("scorecard", "list").out
    shown = qalibrate("scorecard", "show", "inbound-service-zh").out
    path = tmp_path / "copy.yaml"
    path.write_text(shown)
    assert qalibrate("scorecard", "check", path).code == 0


def test_publishing_twice_is_one_revision(qalibrate, tmp_path):
    path = tmp_path / "card.yaml"
    path.write_text(json.dumps(card()))
    first = qalibrate("scorecard", "publish", path, "--format", "json")
    again = qalibrate("scorecard", "publish", path, "--format", "json")
    assert first.lines == [{"name": "test-card", "revision": 1, "new": True}]
    assert again.lines == [{"name": "test-card", "revision": 1, "new": False}]


def test_a_broken_file_is_not_published(qalibrate, tmp_path):
    path = tmp_path / "card.yaml"
    path.write_text("name: [")
    ran = qalibrate("scorecard", "publish", path)
    assert ran.code == 2
    assert "Traceback" not in ran.err
