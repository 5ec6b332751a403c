import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.base import storable
from service.domain.errors import VaultLocked
from service.domain.vault import Original
from service.usecases.seal import Seal, new_key

KEY, OTHER = new_key(), new_key()
ANN = (Original(placeholder="<PERSON_1>", text="Ann Lee", turn=0, start=6, end=16),)
TEXTS = st.text().map(storable)


@given(st.lists(st.builds(Original, placeholder=TEXTS, text=TEXTS, turn=st.none() | st.integers(0, 99))))
def test_what_is_sealed_opens_as_it_was(originals):
    seal = Seal([KEY])
    assert seal.open("e1", seal.seal("e1", originals)) == tuple(originals)


def test_a_seal_shows_nothing_of_what_is_in_it():
    sealed = Seal([KEY]).seal("evaluation-1", ANN)
    assert [piece for piece in (b"PERSON", b"evaluation") if piece in sealed] == []


def test_after_a_rotation_old_vaults_open_and_new_ones_take_the_new_key():
    old = Seal([KEY]).seal("e1", ANN)
    rotated = Seal([OTHER, KEY])
    assert rotated.open("e1", old) == ANN
    assert Seal([OTHER]).open("e1", rotated.seal("e1", ANN)) == ANN


def test_a_lost_key_is_told_with_the_remedy():
    with pytest.raises(VaultLocked, match="QALIBRATE_VAULT_KEY"):
        Seal([OTHER]).open("e1", Seal([KEY]).seal("e1", ANN))


@pytest.mark.parametrize("spoilt", [b"", b"x", b"gAAAAA" * 20])
def test_a_spoilt_vault_is_locked_and_breaks_nothing(spoilt):
    with pytest.raises(VaultLocked):
        Seal([KEY]).open("e1", spoilt)


def test_one_vault_cannot_be_passed_off_as_another():
    seal = Seal([KEY])
    with pytest.raises(VaultLocked):
        seal.open("e2", seal.seal("e1", ANN))
