import json

import pytest

from evals.model_server import ModelServer
from service.domain.calibration import CalibrationFile
from service.domain.label import Label
from service.domain.run import Run, RunConversation
from service.domain.scorecard import ScorecardRevision
from tests.service.calibration.making import NOW, a_labelled_set, label, two_dimensions
from tests.service.cards import YES_NO, card, conversation, dimension, make_card


def a_run(path, evaluations, on: ScorecardRevision | None = None, **fields):
    """A run file of these evaluations."""
    conversations = tuple(
        RunConversation(
            id=one.evaluation.id,
            input_sha256=f"{n:064x}",
            labels=one.labels,
            evaluations=(one.evaluation.model_copy(update={"external_id": None, "id": str(n)}),),
        )
        for n, one in enumerate(evaluations)
    )
    known = {"created_at": NOW, "version": "1", "dataset": "d", "dataset_sha256": "0" * 64, "grader": "llm"}
    run = Run(**{**known, "scorecard": on or two_dimensions(), "conversations": conversations, **fields})
    path.write_text(run.model_dump_json())
    return path


@pytest.fixture
def run_file(tmp_path):
    """Too few labels for a text model, which takes seconds to fit."""
    return a_run(tmp_path / "run.json", a_labelled_set(40))


def test_a_run_file_is_calibrated_without_a_database_and_shown_column_by_column(qalibrate, tmp_path):
    ran = qalibrate("calibrate", a_run(tmp_path / "run.json", a_labelled_set()), "--details")
    assert (ran.code, ran.err) == (0, "")
    assert not (tmp_path / "cli.db").exists()
    for said in (
        "Calibration ",
        "two@3",
        "60 conversations",
        "tone (levels in order)",
        "people, each other",
        "Expected level",
        "calibration error",
        "Accepted",
        "greeting (yes or no)",
        "r1: 60 labels",
    ):
        assert said in ran.out, said
    columns = [line.split("│")[1].strip() for line in ran.out.splitlines() if "│" in line]
    order = [name for name in columns if name in ("constant", "learned", "llm", "blend")]
    assert order[:3] == ["constant", "learned", "llm"]


def test_without_details_there_is_a_line_for_each_dimension(qalibrate, tmp_path):
    ran = qalibrate("calibrate", a_run(tmp_path / "run.json", a_labelled_set()))
    lines = [line for line in ran.out.splitlines() if line.startswith(("│ tone", "│ greeting"))]
    assert [line.split("│")[2].strip() for line in lines] == ["60", "60"]
    assert "Raters" in ran.out
    assert "r1: 60 labels" not in ran.out
    assert "`--details` shows each dimension" in ran.out


def test_a_note_that_most_dimensions_share_is_said_once(qalibrate, run_file):
    ran = qalibrate("calibrate", run_file)
    dimensions, _, at_the_end = ran.out.partition("\nAll dimensions\n")
    shared = "40 labelled conversations without a sampling probability"
    assert (dimensions.count(shared), at_the_end.count(shared)) == (0, 1)
    (made,) = qalibrate("calibrate", run_file, "--format", "json").lines
    assert all(any(shared in note for note in one["agreement"]["notes"]) for one in made["dimensions"])


def test_the_same_labels_and_seed_are_the_same_report(qalibrate, run_file):
    first, second = (qalibrate("calibrate", run_file, "--format", "json").lines[0] for _ in range(2))
    own = {"id", "created_at"}
    assert {k: v for k, v in first.items() if k not in own} == {
        k: v for k, v in second.items() if k not in own
    }
    assert first["basis"]["prompt"] == "grade@2"


def test_a_conversation_in_two_runs_counts_once(qalibrate, run_file, tmp_path):
    again = a_run(tmp_path / "again.json", a_labelled_set(40), repeats=2)
    (made,) = qalibrate("calibrate", run_file, again, "--format", "json").lines
    assert made["conversations"] == 40
    assert made["notes"] == ["40 earlier evaluations of the same conversations left out"]


@pytest.mark.parametrize(
    ("change", "arguments", "told"),
    [
        ({"on": two_dimensions(pass_mark=60)}, (), "of another content of a scorecard"),
        ({"grader": "signals"}, (), "is a run of 'signals'"),
        ({}, ("--scorecard", "other"), "is a run on two@3, not on other"),
        ({}, ("--activate",), "run files are of no database"),
        ({}, ("--grader", "signals"), "'signals' has graded no conversation on two@3"),
        ({}, ("--risk", "2"), "--risk: "),
    ],
)
def test_runs_that_do_not_belong_together_are_a_sentence(
    qalibrate, run_file, tmp_path, change, arguments, told
):
    other = a_run(tmp_path / "other.json", a_labelled_set(5), **change)
    ran = qalibrate("calibrate", run_file, other, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"format": "qalibrate-run@1"}'])
def test_what_is_no_run_file_is_a_sentence(qalibrate, tmp_path, content):
    path = tmp_path / "run.json"
    path.write_text(content)
    ran = qalibrate("calibrate", path)
    assert ran.code == 2
    assert "is no run file as `qalibrate eval run --out` writes them" in ran.err


def test_a_run_without_labels_says_what_is_missing(qalibrate, tmp_path):
    bare = [one.model_copy(update={"labels": ()}) for one in a_labelled_set(3)]
    ran = qalibrate("calibrate", a_run(tmp_path / "bare.json", bare))
    assert ran.code == 2
    assert "nobody has graded any of the 3 conversations" in ran.err


def test_without_files_a_scorecard_has_to_be_named(qalibrate):
    ran = qalibrate("calibrate")
    assert (ran.code, "name the scorecard, or give run files" in ran.err) == (2, True)
    qalibrate("db", "upgrade")
    assert "there is no scorecard 'nobody'" in qalibrate("calibrate", "--scorecard", "nobody").err


CARD = card(dimension("greeting", scale={**YES_NO, "levels": YES_NO["levels"][::-1]}), name="own")


@pytest.fixture
def graded_files(qalibrate, tmp_path, monkeypatch):
    """A scorecard file, conversations, and a run file of them on which people agree with a model."""
    with ModelServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        own, said = tmp_path / "own.json", tmp_path / "said.jsonl"
        own.write_text(json.dumps(CARD))
        # Half of them are talks about something else, which a text model can tell.
        about = [f"{('money', 'parcels')[n % 2]}{', well' * n}" for n in range(60)]
        rows = [conversation(f"Hello, this is about {thing}.") for thing in about]
        said.write_text("\n".join(json.dumps(row) for row in rows))
        made = qalibrate("grade", said, "--scorecard", own, "--include", "turns", "--format", "json")
        yield own, said, run_of(made.lines, tmp_path / "run.json")


def run_of(lines, path):
    conversations = tuple(
        RunConversation(
            id=one["id"],
            input_sha256=f"{n:064x}",
            labels=(
                label("greeting", "yes" if n % 2 else "no"),
                Label(dimension="greeting", rater="seen", level="no", blind=False),
            ),
            evaluations=(one,),
        )
        for n, one in enumerate(lines)
    )
    on = ScorecardRevision(scorecard=make_card(*CARD["sections"][0]["dimensions"], name="own"), revision=1)
    known = {"created_at": NOW, "version": "1", "dataset": "d", "dataset_sha256": "0" * 64, "grader": "llm"}
    path.write_text(Run(**known, scorecard=on, conversations=conversations).model_dump_json())
    return path


def test_a_calibration_file_is_followed_by_grade_and_its_text_models_grade(qalibrate, graded_files, tmp_path):
    own, said, run = graded_files
    file = tmp_path / "calibration.json"
    assert qalibrate("calibrate", run, "--risk", "0.5", "--out", file).code == 0
    kept = CalibrationFile.model_validate_json(file.read_bytes())
    assert kept.models.startswith(b"qalibrate-learned@1")

    common = ("grade", said, "--scorecard", own, "--format", "json", "--calibration", file)
    followed = qalibrate(*common).lines[0]
    assert followed["provenance"]["calibration"] == kept.calibration.id
    assert followed["grades"][0]["raw_confidence"] is not None
    assert kept.calibration.id in followed["grades"][0]["disposition_reason"]

    by_rules = qalibrate(*common, "--grader", "signals")
    assert by_rules.err.count("does not hold here: it was made with grader llm") == 1
    assert "; these grades were made with grader signals" in by_rules.err
    assert by_rules.err.endswith(f"; {len(by_rules.lines)} graded without it\n")

    by_text = qalibrate(*common, "--grader", "learned")
    assert "warning" not in by_text.err
    learned = by_text.lines
    assert {one["grades"][0]["grader"] for one in learned} == {"learned"}
    levels = [one["grades"][0]["level"] for one in learned]
    assert levels[:4] == ["no", "yes", "no", "yes"]
    assert {one["grades"][0]["disposition"] for one in learned} == {"needs_review"}


def test_the_learned_grader_needs_a_calibration_with_text_models(qalibrate, tmp_path):
    path = tmp_path / "one.json"
    path.write_text(json.dumps(conversation()))
    ran = qalibrate("grade", path, "--grader", "learned", "--scorecard", "inbound-service")
    assert ran.code == 2
    assert "'learned' needs a calibration with text models" in ran.err
    path.with_suffix(".txt").write_text("nothing")
    ran = qalibrate("grade", path, "--calibration", path)
    assert (ran.code, "is no calibration as `qalibrate calibrate --out`" in ran.err) == (2, True)


def test_a_run_that_is_given_as_a_calibration_is_one_sentence(qalibrate, run_file):
    ran = qalibrate("grade", run_file, "--calibration", run_file)
    assert (ran.code, ran.out) == (2, "")
    how = f"`qalibrate calibrate {run_file} --out FILE` makes a calibration of it"
    assert ran.err == f"error: --calibration: {run_file} is a run; {how}\n"
