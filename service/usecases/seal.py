"""Seals what placeholders stood for, so that only who has the key can read it."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import ValidationError

from service.domain.base import Model
from service.domain.errors import VaultLocked
from service.domain.vault import Original


class _Content(Model):
    """The evaluation's id is sealed in, so that nobody can pass one vault off as another's."""

    evaluation: str
    originals: tuple[Original, ...]


class _Text(Model):
    purpose: str
    text: str


class Seal:
    """Encrypts with the first of its keys and opens with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raise ValueError when a key is not one of `new_key`'s kind."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, evaluation_id: str, originals: Sequence[Original]) -> bytes:
        """Return the originals of an evaluation, unreadable."""
        content = _Content(evaluation=evaluation_id, originals=tuple(originals))
        return self._fernet.encrypt(content.model_dump_json(exclude_defaults=True).encode())

    def open(self, evaluation_id: str, sealed: bytes) -> tuple[Original, ...]:
        """Return what `seal` was given. Raises VaultLocked when no key fits, or it is not this vault."""
        try:
            content = _Content.model_validate_json(self._fernet.decrypt(sealed))
        except (InvalidToken, ValidationError):
            raise VaultLocked(evaluation_id) from None
        if content.evaluation != evaluation_id:
            raise VaultLocked(evaluation_id)
        return content.originals

    def seal_text(self, purpose: str, text: str) -> str:
        """Return a text unreadable; `purpose`, which is not secret, is sealed in."""
        return self._fernet.encrypt(_Text(purpose=purpose, text=text).model_dump_json().encode()).decode()

    def open_text(self, purpose: str, sealed: str) -> str | None:
        """Return what `seal_text` was given, None when no key fits or it was for another purpose."""
        try:
            content = _Text.model_validate_json(self._fernet.decrypt(sealed))
        except (InvalidToken, ValidationError):
            return None
        return content.text if content.purpose == purpose else None


def new_key() -> str:
    """Return a new random key for QALIBRATE_VAULT_KEY."""
    return Fernet.generate_key().decode()
