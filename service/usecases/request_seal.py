"""Seals conversations as they came, while they wait on disk for a worker to redact them."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from service.domain.errors import SecretKeyMissing
from service.domain.transcript import Conversation


class RequestSeal:
    """Encrypts with the first of its keys and opens with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raise ValueError when a key is none; without any key nothing can be sealed or opened."""
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None

    def seal(self, evaluation_id: str, conversation: Conversation) -> bytes:
        """Return a conversation, unreadable; the id is sealed in, so that it is that evaluation's alone.

        Raises SecretKeyMissing.
        """
        if self._fernet is None:
            raise SecretKeyMissing
        text = conversation.model_dump_json(exclude_defaults=True)
        return self._fernet.encrypt(f"{evaluation_id}\n{text}".encode())

    def open(self, evaluation_id: str, sealed: bytes) -> Conversation:
        """Return what `seal` was given. Raises SecretKeyMissing when no key fits, or it is of another."""
        if self._fernet is None:
            raise SecretKeyMissing
        try:
            owner, _, text = self._fernet.decrypt(sealed).decode().partition("\n")
        except InvalidToken:
            raise SecretKeyMissing from None
        if owner != evaluation_id:
            raise SecretKeyMissing
        return Conversation.model_validate_json(text)
