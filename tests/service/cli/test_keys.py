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
