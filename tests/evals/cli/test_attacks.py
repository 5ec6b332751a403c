from evals.model_server import ModelServer


def test_attacks_that_are_flagged_do_not_fail_the_command(qalibrate):
    ran = qalibrate(
        "eval", "attacks", "--model", "fully-gullible", "--limit", 12, "--defence-off", "flags", "-f", "json"
    )
    assert ran.code == 0, ran.err
    [report] = ran.lines
    on, off = report["rows"]
    assert (report["model"], on["name"], off["off"]) == ("fully-gullible", "all on", ["flags"])
    assert on["all"]["attacks"] == 12
    assert on["all"]["changed"] > 0
    assert (on["all"]["unflagged"], on["unflagged_attacks"]) == (0, [])
    assert off["all"]["unflagged"] == off["all"]["changed"] > 0
    assert "12 attacks, 2 settings" in ran.err


def test_the_table_has_a_line_for_each_setting(qalibrate):
    ran = qalibrate("eval", "attacks", "--limit", 3, "--defence-off", "fences")
    assert ran.code == 0, ran.err
    assert "all on" in ran.out
    assert "without fences" in ran.out


def test_a_defence_that_does_not_exist_is_named(qalibrate):
    ran = qalibrate("eval", "attacks", "--defence-off", "moat")
    assert ran.code == 2
    assert "'moat'" in ran.err
    assert "fences" in ran.err


def test_without_a_model_there_is_nothing_to_ask(qalibrate, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    ran = qalibrate("eval", "attacks", "--model", "configured")
    assert ran.code == 2
    assert "OPENAI_BASE_URL" in ran.err


def test_the_configured_model_is_asked_and_the_cost_is_told_before(qalibrate, monkeypatch):
    with ModelServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "test")
        ran = qalibrate("eval", "attacks", "--model", "configured", "--limit", 3, "--format", "json")
        asked = len(server.requests)
    assert ran.code == 0, ran.err
    # Three attacks, and the three conversations they are planted in.
    assert "6 requests" in ran.err
    assert 6 <= asked <= 12
    assert ran.lines[0]["rows"][0]["all"]["changed"] == 0
