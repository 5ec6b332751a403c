"""The command line of the service, except that no text of a model is redacted twice: what redaction gave for
it is remembered in each process that redacts. So one sees what the service costs, redaction aside.

`python -m benchmarks.remembering serve --role worker`
"""

import pickle
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from service import factory
from service.cli import main
from service.usecases.answers import redact_texts
from service.usecases.pool import WorkPool

P = ParamSpec("P")
R = TypeVar("R")

_known: dict[bytes, Any] = {}


class RememberingPool(WorkPool):
    """A pool whose processes redact the same words of a model once."""

    async def run(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what `function` returns, or returned before."""
        if function is redact_texts:
            return await super().run(remembered, *args, **kwargs)
        return await super().run(function, *args, **kwargs)


def remembered(*args: Any, **kwargs: Any) -> Any:
    """Return what `redact_texts` makes of these arguments."""
    key = pickle.dumps((args, kwargs))
    if key not in _known:
        _known[key] = redact_texts(*args, **kwargs)
    return _known[key]


if __name__ == "__main__":
    # By its name, so that other processes find what it sends them.
    from benchmarks.remembering import RememberingPool as Pool

    vars(factory)["WorkPool"] = Pool
    main()
