"""Chance that is the same for ever: every draw of the example set has a name, and the name is its seed."""

import random


def chance(*name: object) -> random.Random:
    """Return the source of the draws called `name`: the same everywhere, whatever else is drawn."""
    # Nothing here is a secret.
    return random.Random("/".join(map(str, name)))  # noqa: S311
