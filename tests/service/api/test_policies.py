from tests.running import running_service
from tests.service.cards import conversation


def test_each_tenant_has_its_own_policy_and_every_result_names_it(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "default.yaml").write_text("name: all")
    (tmp_path / "policies" / "acme.yaml").write_text("name: acme\nentities: {EMAIL_ADDRESS: keep}")
    url = f"sqlite:///{tmp_path / 'policies.db'}"
    body = conversation("Hello", "Mail a.b@example.com")
    with running_service(database_url=url, policy=tmp_path / "policies") as service:
        for tenant, policy, kept in (("acme", "acme", True), ("other", "all", False)):
            client = service.client_of(tenant)
            result = client.post("/v1/redactions", json=body).json()
            assert (result["policy"], "a.b@example.com" in result["turns"][1]["text"]) == (policy, kept)
            graded = client.post(
                "/v1/evaluations", json={"conversation": body}, headers={"Prefer": "wait=30"}
            ).json()
            assert (graded["redaction"]["policy"], graded["redaction"]["version"]) == (
                policy,
                result["version"],
            )
            assert graded["provenance"]["redactor"] == result["version"]


def test_what_takes_too_long_to_redact_is_refused_and_nothing_is_accepted(tmp_path):
    url = f"sqlite:///{tmp_path / 'slow.db'}"
    with running_service(database_url=url, redaction_timeout_s=1e-6) as service:
        answer = service.client.post("/v1/evaluations", json={"conversation": conversation()})
        assert (answer.status_code, answer.json()["type"]) == (
            422,
            "urn:qalibrate:problem:redaction-too-slow",
        )
        assert "QALIBRATE_REDACTION_TIMEOUT_S" in answer.json()["detail"]
        assert service.client.get("/v1/evaluations").json()["items"] == []
