def test_a_key_is_made_listed_and_revoked(qalibrate):
    made = qalibrate(
        "keys", "create", "--tenant", "acme", "--name", "crm", "--scope", "submit", "--format", "json"
    )
    key = made.lines[0]
    assert set(key) == {"id", "key", "tenant", "scopes"}
    assert (key["tenant"], key["scopes"]) == ("acme", ["submit"])
    listed = qalibrate("keys", "list", "--format", "json")
    assert listed.lines[0]["id"] == key["id"]
    assert key["key"] not in listed.out
    assert qalibrate("keys", "revoke", key["id"]).code == 0
    assert qalibrate("keys", "list", "--format", "json").lines[0]["revoked_at"] is not None


def test_the_secret_alone_goes_to_standard_output(qalibrate):
    ran = qalibrate("keys", "create")
    assert ran.out.startswith("qal_")
    assert len(ran.out.split()) == 1


def test_an_unknown_key_and_an_unknown_scope_are_bad_input(qalibrate):
    qalibrate("db", "upgrade")
    assert qalibrate("keys", "revoke", "nobody").code == 2
    assert qalibrate("keys", "create", "--scope", "everything").code == 2


def test_a_tenant_without_a_name_is_refused(qalibrate):
    for tenant in ("", "Bad Tenant", "x" * 81):
        ran = qalibrate("keys", "create", "--tenant", tenant)
        assert (ran.code, ran.out) == (2, "")


def test_a_table_never_shortens_the_id(qalibrate):
    qalibrate(
        "keys", "create", "--name", "a long name for a key " * 4, "--scope", "submit", "--scope", "read"
    )
    key_id = qalibrate("keys", "list", "--format", "json").lines[0]["id"]
    assert key_id in qalibrate("keys", "list").out
