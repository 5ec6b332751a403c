"""`compose.yaml` and the Dockerfile say only what the program knows."""

import re
from pathlib import Path

import pytest
import typer
import yaml

from service.cli import app
from service.settings import Settings, unknown_variables

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "compose.yaml").read_text("utf-8")
COMPOSE = yaml.safe_load(TEXT)
OURS = {name: made for name, made in COMPOSE["services"].items() if name != "database"}


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def test_two_api_and_two_worker_processes_share_one_postgresql():
    commands = [" ".join(made["command"]) for made in OURS.values()]
    assert sum("serve --role api" in command for command in commands) == 2
    assert sum("qalibrate worker" in command for command in commands) == 2
    assert COMPOSE["services"]["database"]["image"] == "postgres:18"
    assert len({made["environment"]["QALIBRATE_DATABASE_URL"] for made in OURS.values()}) == 1


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one(name):
    program, *arguments = OURS[name]["command"]
    assert program == "qalibrate"
    command = typer.main.get_command(app)
    while arguments and not arguments[0].startswith("-"):
        command = command.commands[arguments.pop(0)]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {argument for argument in arguments if argument.startswith("--")} <= options


def test_every_variable_is_a_setting(monkeypatch):
    variables = {name for made in OURS.values() for name in made["environment"]}
    for name in variables:
        monkeypatch.setenv(name, "")
    assert unknown_variables() == []
    others = {str(field.validation_alias) for field in Settings.model_fields.values()}
    assert {name for name in variables if not name.startswith("QALIBRATE_")} <= others | {"PGPASSWORD"}


@pytest.mark.parametrize("name", OURS)
def test_every_setting_reaches_a_process_through_a_file_that_need_not_be_there(name):
    assert OURS[name]["env_file"] == [{"path": ".env", "required": False}]


def test_the_file_with_secrets_is_kept_out_of_the_repository():
    assert ".env" in (ROOT / ".gitignore").read_text("utf-8").split()


def test_what_has_no_default_is_asked_for_by_name_and_no_secret_stands_in_the_file():
    asked = set(re.findall(r"\$\{(\w+):\?", TEXT))
    assert asked == {"POSTGRES_PASSWORD", "QALIBRATE_SECRET_KEY"}
    for made in COMPOSE["services"].values():
        for name, value in made["environment"].items():
            if re.search("PASSWORD|KEY|SECRET", name):
                assert str(value).startswith("${"), name


@pytest.mark.parametrize("name", OURS)
def test_a_process_may_do_no_more_than_it_needs(name):
    made = OURS[name]
    assert made["read_only"] is True
    assert made["tmpfs"] == ["/tmp"]
    assert made["cap_drop"] == ["ALL"]
    assert made["security_opt"] == ["no-new-privileges:true"]


def test_processes_are_given_time_to_finish():
    for made in OURS.values():
        assert seconds(made["stop_grace_period"]) > Settings().grace_s


def test_nothing_starts_before_the_database_is_upgraded():
    for name, made in OURS.items():
        needed = "database" if name == "upgrade" else "upgrade"
        assert needed in made["depends_on"]


def test_ports_are_open_to_this_machine_only():
    ports = [port for made in COMPOSE["services"].values() for port in made.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_image_ends_on_a_signal_that_reaches_the_program():
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.search(r'^CMD \["qalibrate", "serve"', text, re.MULTILINE), "the shell form passes no signal on"
    assert "STOPSIGNAL SIGTERM" in text
    assert "USER 10001" in text
