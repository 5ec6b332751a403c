import json


def test_a_sound_installation_is_fine_with_each_check_on_a_line(qalibrate):
    qalibrate("keys", "create")
    ran = qalibrate("doctor")
    assert ran.code == 0
    assert "ok    redaction ru: takes a planted card number out" in ran.out
    assert ran.err.endswith("0 failures\n")


def test_what_does_not_work_is_a_failure_with_its_remedy(monkeypatch, qalibrate):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    ran = qalibrate("doctor", "--format", "json")
    assert ran.code == 3
    told = json.loads(ran.out)
    assert told["ok"] is False
    (model,) = [finding for finding in told["findings"] if finding["check"] == "model"]
    assert (model["state"], model["detail"]) == ("fail", "127.0.0.1:1 refuses connections")
    assert model["remedy"]


def test_a_variable_that_nobody_knows_is_a_finding(monkeypatch, qalibrate):
    monkeypatch.setenv("QALIBRATE_CONCURENCY", "3")
    ran = qalibrate("doctor", "--format", "json")
    told = [finding["detail"] for finding in json.loads(ran.out)["findings"] if finding["state"] == "warn"]
    assert "QALIBRATE_CONCURENCY is not known; did you mean QALIBRATE_CONCURRENCY?" in told
    assert "QALIBRATE_CONCURENCY" not in ran.err


def test_a_variable_that_nobody_knows_is_told_beside_one_that_cannot_be_used(monkeypatch, qalibrate):
    monkeypatch.setenv("QALIBRATE_CONCURRENCY", "many")
    monkeypatch.setenv("QALIBRATE_CONCURENCY", "3")
    said = qalibrate("doctor").err
    assert "QALIBRATE_CONCURENCY is not known" in said
    assert "QALIBRATE_CONCURRENCY: 'many'" in said


def test_settings_that_cannot_be_used_are_told_all_at_once(monkeypatch, qalibrate):
    monkeypatch.setenv("QALIBRATE_CONCURRENCY", "many")
    monkeypatch.setenv("QALIBRATE_RATE_LIMIT", "-1")
    ran = qalibrate("doctor")
    assert ran.code == 2
    assert ran.err.splitlines() == [
        "error: QALIBRATE_CONCURRENCY: 'many' is not a whole number above 0",
        "error: QALIBRATE_RATE_LIMIT: '-1' is not a whole number of at least 0",
    ]
