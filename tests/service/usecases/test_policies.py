import pytest

from redaction import Policy, PolicyError
from service.usecases.policies import Policies


def folder(path, **files):
    for name, text in files.items():
        (path / f"{name}.yaml").write_text(text)
    return path


def test_without_a_path_everybody_has_the_built_in_policy():
    policies = Policies.read(None)
    assert policies.of("anybody") == Policy()
    assert policies.tenants == frozenset()


def test_a_file_is_for_everybody(tmp_path):
    folder(tmp_path, ours="name: ours")
    assert Policies.read(tmp_path / "ours.yaml").of("anybody").name == "ours"


def test_a_folder_has_one_for_everybody_and_some_for_single_tenants(tmp_path):
    policies = Policies.read(folder(tmp_path, default="name: all", acme="name: acme"))
    assert [policies.of(tenant).name for tenant in ("acme", "other", "default")] == ["acme", "all", "all"]
    assert policies.tenants == {"acme"}


def test_a_tenants_policy_takes_nothing_over_from_the_default(tmp_path):
    files = {"default": "entities: {URL: keep}", "acme": "name: acme"}
    assert Policies.read(folder(tmp_path, **files)).of("acme").entities == {}


def test_an_empty_default_is_the_built_in_policy(tmp_path):
    assert Policies.read(folder(tmp_path, default="")).of("anybody").version == Policy().version


def test_a_folder_without_a_default_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(PolicyError, match=r"default\.yaml.*may be empty"):
        Policies.read(folder(tmp_path, acme="name: acme"))


@pytest.mark.parametrize("name", ["acme.yml", "Acme Corp.yaml", "README.md", "policy"])
def test_what_is_no_policy_of_a_tenant_is_named_and_not_passed_over(tmp_path, name):
    folder(tmp_path, default="")
    (tmp_path / name).write_text("")
    with pytest.raises(PolicyError) as caught:
        Policies.read(tmp_path)
    assert name in str(caught.value)


def test_hidden_entries_are_no_policies(tmp_path):
    folder(tmp_path, default="")
    (tmp_path / "..data").mkdir()
    assert Policies.read(tmp_path).tenants == frozenset()


def test_a_mistake_is_told_with_its_file_and_key(tmp_path):
    with pytest.raises(PolicyError) as caught:
        Policies.read(folder(tmp_path, default="", acme="entities: {CARD: mask}"))
    assert "acme.yaml" in str(caught.value)
    assert "entities" in str(caught.value)
