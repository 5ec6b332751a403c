"""A plugged-in engine: its findings count, its mistakes are told at start, and nothing is downloaded."""

import pickle
from pathlib import Path

import pytest
import spacy

from redaction import Plugin, PluginError, Policy, Redactor, Segment
from redaction.plugin_engine import our_kind
from service.factory import Factory
from service.settings import InvalidSettings, Settings

PATTERNS = [("PERSON", "kettle"), ("GPE", "cupboard"), ("ORG", "carpet"), ("DATE", "tuesday")]
MODELS = """
nlp_configuration:
  nlp_engine_name: {engine}
  models: [{{lang_code: {language}, model_name: {model}}}]
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": label, "pattern": [{"LOWER": word}]} for label, word in PATTERNS])
    pipeline.to_disk(folder)
    return folder


@pytest.fixture(scope="module")
def config(model: Path) -> Path:
    path = model.parent / "analyzer.yaml"
    path.write_text(MODELS.format(engine="spacy", language="en", model=model), encoding="utf-8")
    return path


def complaint(folder: Path, text: str) -> str:
    path = folder / "analyzer.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PluginError) as caught:
        Plugin.from_file(path).load()
    return str(caught.value)


def test_what_the_engine_finds_is_taken_out_under_our_types(config: Path) -> None:
    text = "the kettle in the cupboard, call 212-555-0147"
    assert Redactor().redact_text(text, "en") == text.replace("212-555-0147", "<PHONE_NUMBER_1>")
    redacted = Redactor(plugin=Plugin.from_file(config)).redact_text(text, "en")
    assert redacted == "the <PERSON_1> in the <LOCATION_1>, call <PHONE_NUMBER_1>"


def test_organizations_and_dates_are_left_alone(config: Path) -> None:
    text = "the carpet comes on tuesday"
    assert Redactor(plugin=Plugin.from_file(config)).redact_text(text, "en") == text


def test_the_policy_decides_what_happens_to_a_finding_of_the_engine(config: Path) -> None:
    redactor = Redactor(Policy.model_validate({"entities": {"PERSON": "keep"}}), Plugin.from_file(config))
    assert redactor.redact_text("the kettle", "en") == "the kettle"


def test_the_engine_is_asked_only_in_its_languages(config: Path) -> None:
    plugin = Plugin.from_file(config)
    assert plugin.findings("the kettle", "en")
    assert plugin.findings("the kettle", "ru") == []


def test_a_text_longer_than_spacy_reads_is_read_in_parts(config: Path) -> None:
    text = "the kettle" + " " * 1_000_000 + "the kettle"
    assert len(text) > 1_000_000
    assert Redactor(plugin=Plugin.from_file(config)).redact_text(text, "en") == text.replace(
        "kettle", "<PERSON_1>"
    )


def test_redacting_twice_changes_nothing(config: Path) -> None:
    redactor = Redactor(plugin=Plugin.from_file(config))
    turns = ["the kettle is here", "kettle cupboard 212-555-0147, kettles"]
    once = redactor.redact([Segment("customer", turn) for turn in turns], "en").turns
    assert redactor.redact([Segment("customer", turn) for turn in once], "en").turns == once


def test_the_version_changes_with_the_file(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(config.read_text(encoding="utf-8") + "default_score_threshold: 0.9\n", encoding="utf-8")
    versions = {Redactor(plugin=Plugin.from_file(path)).version for path in (config, other)}
    assert len(versions | {Redactor().version}) == 3


def test_a_threshold_in_the_file_counts(config: Path, tmp_path: Path) -> None:
    strict = tmp_path / "strict.yaml"
    strict.write_text(config.read_text(encoding="utf-8") + "default_score_threshold: 0.9\n", encoding="utf-8")
    assert Plugin.from_file(strict).findings("the kettle", "en") == []


def test_presidios_own_recognizers_can_be_named(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "analyzer.yaml"
    recognizers = "recognizer_registry: {recognizers: [{name: MedicalLicenseRecognizer, type: predefined}]}\n"
    path.write_text(MODELS.format(engine="spacy", language="en", model=model) + recognizers, encoding="utf-8")
    redacted = Redactor(plugin=Plugin.from_file(path)).redact_text("kettle has BB1388568", "en")
    assert "BB1388568" not in redacted


def test_a_plug_in_travels_to_another_process(config: Path) -> None:
    redactor = pickle.loads(pickle.dumps(Redactor(plugin=Plugin.from_file(config))))
    assert redactor.redact_text("the kettle", "en") == "the <PERSON_1>"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"absent\.yaml: cannot be read"):
        Plugin.from_file(tmp_path / "absent.yaml")


@pytest.mark.parametrize("engine", ["spacy", "slim"])
def test_a_model_that_is_not_installed_is_named_and_not_downloaded(tmp_path: Path, engine: str) -> None:
    text = MODELS.format(engine=engine, language="en", model="en_no_such_model")
    assert "en_no_such_model is not installed" in complaint(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [", "not YAML"),
        ("- a list", "nlp_configuration"),
        ("supported_languages: [en]", "nlp_configuration"),
        (MODELS.format(engine="spacy", language="de", model="x"), "a model for none of en, ru, zh"),
        (MODELS.format(engine="no_such_engine", language="en", model="x"), "no_such_engine is not installed"),
        (MODELS.format(engine="spacy", language="en", model="x") + "recognisers: {}", "recognisers"),
        ("nlp_configuration: {nlp_engine_name: spacy}", "lists"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_told(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in complaint(tmp_path, text)


def test_types_we_do_not_have_are_identity_numbers_and_groups_are_nothing() -> None:
    assert [our_kind(name) for name in ("PERSON", "GPE", "STAFF_BADGE", "NRP", "DATE_TIME")] == [
        "PERSON",
        "LOCATION",
        "ID_NUMBER",
        None,
        None,
    ]


def test_the_setting_names_its_variable_when_the_engine_cannot_be_used(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("nlp_configuration: [", "utf-8")
    with pytest.raises(InvalidSettings, match=r"QALIBRATE_PRESIDIO_CONFIG: .*broken"):
        Factory(Settings(presidio_config=broken))


def test_the_setting_plugs_the_engine_into_the_service(config: Path) -> None:
    factory = Factory(Settings(presidio_config=config))
    assert factory.plugin == Plugin.from_file(config)
