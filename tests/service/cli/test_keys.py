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


def test_a_rotated_key_has_a_new_secret_and_the_list_says_how_long_the_old_one_works(qalibrate):
    made = qalibrate("keys", "create", "--expires-days", "30", "--rate-limit", "5", "--format", "json")
    first = made.lines[0]
    assert (first["rate_limit"], first["expires_at"] is not None) == (5, True)
    second = qalibrate("keys", "rotate", first["id"], "--grace-hours", "2", "--format", "json").lines[0]
    assert second["id"] == first["id"]
    assert second["key"] != first["key"]
    assert qalibrate("keys", "list", "--format", "json").lines[0]["status"] == "rotating"
    shown = " ".join(qalibrate("keys", "list").out.split())
    for part in ("old secret until", "expires", "5 a minute"):
        assert part in shown
    qalibrate("keys", "revoke", first["id"])
    assert qalibrate("keys", "rotate", first["id"]).code == 2
