from service.cli.serve import warn_of_strangers
from service.factory import Factory
from service.settings import Settings


def factory_of(tmp_path, *policies: str) -> Factory:
    folder = tmp_path / "policies"
    folder.mkdir()
    for name in ("default", *policies):
        (folder / f"{name}.yaml").write_text("")
    factory = Factory(Settings(database_url=f"sqlite:///{tmp_path / 'x.db'}", policy=folder))
    factory.upgrade_database()
    factory.keys.create("acme", "crm", ["submit"])
    return factory


def test_a_policy_of_a_tenant_without_a_key_may_be_a_typo(tmp_path, capfd):
    warn_of_strangers(factory_of(tmp_path, "acmee"))
    assert "acmee.yaml is of a tenant that has no key; did you mean acme.yaml?" in capfd.readouterr().err


def test_policies_of_tenants_with_keys_are_nothing_to_warn_of(tmp_path, capfd):
    warn_of_strangers(factory_of(tmp_path, "acme"))
    assert capfd.readouterr().err == ""
