"""Which redaction policy applies to whom: one file for everybody, or a folder with one for some tenants."""

import re
from collections.abc import Mapping
from pathlib import Path

from redaction import Policy, PolicyError
from service.domain.keys import DEFAULT_TENANT, TENANT

DEFAULT_FILE = f"{DEFAULT_TENANT}.yaml"


class Policies:
    """The policies of one process, read once: a file that is edited counts from the next start on."""

    def __init__(self, default: Policy | None = None, own: Mapping[str, Policy] | None = None) -> None:
        """Make policies from the one for everybody (None: the built-in one) and those of single tenants."""
        self._default = default or Policy()
        self._own = dict(own or {})

    @classmethod
    def read(cls, path: Path | None) -> "Policies":
        """Return the policies in a file or folder, the built-in one for None.

        A folder holds `default.yaml` for everybody, and `<tenant>.yaml` where a tenant has a policy of its
        own, which then stands alone: nothing is taken over from the default. Raises PolicyError.
        """
        if path is None or not path.is_dir():
            return cls(None if path is None else Policy.from_file(path))
        own = {_tenant_of(file): Policy.from_file(file) for file in _files(path)}
        if DEFAULT_TENANT not in own:
            remedy = "it is for everybody without a file of their own, and may be empty"
            raise PolicyError(f"{path}: there is no {DEFAULT_FILE}; {remedy}")
        return cls(own.pop(DEFAULT_TENANT), own)

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants that have a policy of their own."""
        return frozenset(self._own)

    def of(self, tenant: str) -> Policy:
        """Return the policy that applies to a tenant."""
        return self._own.get(tenant, self._default)


def _files(folder: Path) -> list[Path]:
    """What stands in the folder; hidden entries are how some systems mount it."""
    try:
        return sorted(file for file in folder.iterdir() if not file.name.startswith("."))
    except OSError as error:
        raise PolicyError(f"{folder}: cannot be read: {error.strerror}") from error


def _tenant_of(file: Path) -> str:
    # A file that is passed over in silence would leave its tenant with the default.
    if file.suffix != ".yaml" or not re.fullmatch(TENANT, file.stem):
        raise PolicyError(f"{file}: a policy in a folder is called {DEFAULT_FILE} or <tenant>.yaml")
    return file.stem
