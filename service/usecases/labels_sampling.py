"""Drawing what to label: a random core and more of what is likely to be wrong, each with its probability.

Two samples are drawn independently of each other, and what is in either is labelled:

- the *core*: a simple random sample within every agent's conversations, at least one each where that fits;
- the *extra*: a simple random sample within every stratum (fails, low confidence, …).

A conversation of an agent with A conversations, c of them in the core, and of a stratum with S conversations,
e of them in the extra, is thus in the sample with probability 1 - (1 - c/A)(1 - e/S), exactly: c and e follow
from how many conversations there are of which kind, never from what is drawn. Sums over the sample weighed by
the inverse of that probability are unbiased (Horvitz & Thompson 1952).

What is drawn follows from a permanent random number of each conversation (Ohlsson 1995): the same seed draws
the same, and a larger sample contains the smaller one as long as nobody changes strata.
"""

import hashlib
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_ROUNDING = 1e-6

Cell = tuple[str, str]
"""Agent and stratum."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conversation that may be drawn; `key` stays the same when it is evaluated again."""

    key: str
    agent: str
    stratum: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How many are drawn of which agents and strata, out of how many."""

    core: Mapping[str, int]
    extra: Mapping[str, int]
    agents: Mapping[str, int]
    strata: Mapping[str, int]

    def group_of(self, agent: str) -> str:
        """Return the name under which an agent's conversations are drawn."""
        return agent if agent in self.agents else ""

    def probability(self, agent: str, stratum: str) -> float:
        """Return the probability, 0 to 1, that a conversation of these is drawn."""
        group = self.group_of(agent)
        core = self.core.get(group, 0) / self.agents[group]
        extra = self.extra.get(stratum, 0) / self.strata[stratum]
        # Written so that it is exactly core where there is no extra, and 1 where either is 1.
        return core + extra * (1 - core)


def sampling_of(cells: Mapping[Cell, int], count: int, core: float, plain: frozenset[str]) -> Sampling:
    """Return how to draw about `count` conversations, `core` (above 0, up to 1) of them at random.

    `cells` says how many there are; strata in `plain` get nothing extra. Agents have at least one each in the
    core where `count` allows, else it is drawn over all of them: they are one agent, named "". The expected
    size is `count` or just above; nothing is left over when there are no more conversations than that.
    """
    if count >= sum(cells.values()):
        return _sampling(cells, sum(cells.values()), 1.0, plain)
    # Both samples may draw the same conversation: they are made larger until the sum is as large as wanted.
    sizes = range(count, count + 2 * sum(cells.values()))
    wanted = count - _ROUNDING
    more = bisect_left(sizes, wanted, key=lambda total: _expected(cells, total, count, core, plain))
    return _sampling(cells, count + more, core, plain, count)


def draw(candidates: Sequence[Candidate], sampling: Sampling, seed: int) -> set[str]:
    """Return the keys of the conversations that are drawn."""
    by_agent, by_stratum = defaultdict(list), defaultdict(list)
    for one in candidates:
        by_agent[sampling.group_of(one.agent)].append(one.key)
        by_stratum[one.stratum].append(one.key)
    drawn: set[str] = set()
    for agent, keys in by_agent.items():
        drawn |= _first(keys, sampling.core.get(agent, 0), f"{seed} core")
    for stratum, keys in by_stratum.items():
        drawn |= _first(keys, sampling.extra.get(stratum, 0), f"{seed} extra")
    return drawn


def shares(sizes: Mapping[str, int], count: int, *, at_least: int = 0) -> dict[str, int]:
    """Return how many of `count` each gets in proportion to its size, by largest remainders: `at_least` so
    many, and never more than there are.
    """
    given = {name: min(at_least, size) for name, size in sizes.items()}
    left = min(count, sum(sizes.values())) - sum(given.values())
    room = {name: sizes[name] - given[name] for name in sizes}
    whole = sum(room.values())
    if left <= 0 or whole == 0:
        return given
    exact = {name: left * room[name] / whole for name in sizes}
    for name, share in exact.items():
        given[name] += int(share)
    rest = left - sum(int(share) for share in exact.values())
    for name in sorted(exact, key=lambda name: (int(exact[name]) - exact[name], name))[:rest]:
        given[name] += 1
    return given


def _sampling(
    cells: Mapping[Cell, int], total: int, core: float, plain: frozenset[str], count: int | None = None
) -> Sampling:
    """Aim at `total` draws in both samples, of which the core has its share of `count`."""
    agents, strata = _sizes(cells, 0), _sizes(cells, 1)
    size = max(1, round(core * (total if count is None else count)))
    if len(agents) <= (total if count is None else count):
        size = max(size, len(agents))
        at_least = 1
    else:
        agents, at_least = {"": sum(agents.values())}, 0
    kinds = {name: number for name, number in strata.items() if name not in plain}
    extra = _evenly(kinds, max(total - size, 0))
    # What the strata cannot take, the core does.
    size += max(total - size - sum(extra.values()), 0)
    return Sampling(shares(agents, size, at_least=at_least), extra, agents, strata)


def _expected(cells: Mapping[Cell, int], total: int, count: int, core: float, plain: frozenset[str]) -> float:
    """Return how many conversations two samples of `total` draws have together on average."""
    sampling = _sampling(cells, total, core, plain, count)
    return sum(number * sampling.probability(*cell) for cell, number in cells.items())


def _sizes(cells: Mapping[Cell, int], part: int) -> dict[str, int]:
    sizes: Counter[str] = Counter()
    for cell, number in cells.items():
        sizes[cell[part]] += number
    return dict(sorted(sizes.items()))


def _evenly(sizes: Mapping[str, int], count: int) -> dict[str, int]:
    """Return how many of `count` each gets when all get the same, as far as they have it."""
    given = dict.fromkeys(sizes, 0)
    left = min(count, sum(sizes.values()))
    while left:
        open_ = [name for name in sizes if given[name] < sizes[name]]
        part = max(left // len(open_), 1)
        for name in open_[:left]:
            more = min(part, sizes[name] - given[name])
            given[name] += more
            left -= more
    return given


def _first(keys: Sequence[str], count: int, salt: str) -> set[str]:
    """Return the keys with the `count` lowest random numbers: a simple random sample of them."""
    return set(sorted(keys, key=lambda key: _number(salt, key))[:count])


def _number(salt: str, key: str) -> bytes:
    return hashlib.sha256(f"{salt} {key}".encode()).digest()
