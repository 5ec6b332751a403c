import json

from tests.service.cards import conversation


def test_one_json_line_a_conversation_with_spans_in_the_original(qalibrate, tmp_path):
    texts = ("Hello", "Mail me at a.b@example.com", "Thanks")
    path = tmp_path / "c.jsonl"
    path.write_text(
        "\n".join(json.dumps(row) for row in (conversation(*texts, external_id="x"), conversation()))
    )
    ran = qalibrate("redact", path, "--format", "json")
    first, second = ran.lines
    assert (ran.code, first["id"], second["id"]) == (0, "x", "1")
    assert first["turns"][1] == {"speaker": "customer", "text": "Mail me at <EMAIL_ADDRESS_1>"}
    entity = first["entities"][0]
    assert texts[entity["turn"]][entity["start"] : entity["end"]] == "a.b@example.com"
    assert set(first) == {"id", "language", "turns", "entities", "policy", "version", "caught"}


def test_a_policy_file_decides_what_is_kept(qalibrate, tmp_path):
    path, policy = tmp_path / "c.json", tmp_path / "policy.yaml"
    path.write_text(json.dumps(conversation("Hello", "Mail me at a.b@example.com")))
    policy.write_text("name: ours\nentities: {EMAIL_ADDRESS: keep}\n")
    ran = qalibrate("redact", path, "--policy", policy, "--format", "json")
    assert ran.lines[0]["turns"][1]["text"] == "Mail me at a.b@example.com"
    assert ran.lines[0]["policy"] == "ours"


def test_a_typo_in_a_policy_is_told(qalibrate, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("nmae: ours\n")
    ran = qalibrate("redact", "-", "--policy", policy)
    assert ran.code == 2
    assert "nmae" in ran.err


def test_a_person_reads_numbered_turns(qalibrate, tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps(conversation("Hello", "Mail me at a.b@example.com")))
    ran = qalibrate("redact", path)
    assert "1 customer Mail me at <EMAIL_ADDRESS_1>" in ran.out


def test_a_folder_of_policies_stands_for_its_default(qalibrate, tmp_path, monkeypatch):
    path, folder = tmp_path / "c.json", tmp_path / "policies"
    folder.mkdir()
    path.write_text(json.dumps(conversation()))
    (folder / "default.yaml").write_text("name: all")
    monkeypatch.setenv("QALIBRATE_POLICY", str(folder))
    assert qalibrate("redact", path, "--format", "json").lines[0]["policy"] == "all"
    (folder / "acme.yaml").write_text("nmae: acme")
    ran = qalibrate("redact", path)
    assert ran.code == 2
    assert "acme.yaml" in ran.err
    assert "nmae" in ran.err


def test_one_conversation_that_takes_too_long_does_not_stop_the_others(qalibrate, tmp_path, monkeypatch):
    path = tmp_path / "c.jsonl"
    path.write_text("\n".join(json.dumps(conversation(external_id=name)) for name in "ab"))
    monkeypatch.setenv("QALIBRATE_REDACTION_TIMEOUT_S", "0.000001")
    ran = qalibrate("redact", path)
    assert ran.code == 2
    assert ran.err.count("QALIBRATE_REDACTION_TIMEOUT_S") == 2


def test_another_systems_transcript_is_read_or_its_format_asked_for(qalibrate, tmp_path):
    known = tmp_path / "known.json"
    known.write_text(json.dumps({"segments": [{"start": 0, "end": 1, "text": "Hi", "speaker": "Agent"}]}))
    unknown = tmp_path / "unknown.json"
    unknown.write_text('{"messages": [{"text": "Hi"}]}')
    ran = qalibrate("redact", known, "--format", "json")
    assert (ran.code, ran.lines[0]["turns"][0]["speaker"]) == (0, "agent")
    ran = qalibrate("redact", unknown)
    assert ran.code == 2
    assert '"format": …' in ran.out + ran.err
