"""How often one may ask: a bucket for each name that holds what a minute allows and refills evenly."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

_MOST_BUCKETS = 10_000


class Allowance(NamedTuple):
    """What became of one request. `per_minute` is the limit, `left` how many more may come at once, `wait_s`
    how long to wait for the next one (0 when this one may pass), `full_in_s` until all of it is there again.
    """

    per_minute: int
    left: int
    wait_s: int
    full_in_s: int

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """The fields of the IETF's draft "RateLimit header fields for HTTP"."""
        policy = f'"key";q={self.per_minute};w=60'
        now = f'"key";r={self.left};t={self.full_in_s}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", now.encode())]


class RateLimits:
    """Buckets by name, in this process alone. To be used from one thread.

    The names that asked last are kept, a bounded number; one that is dropped starts afresh.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, name: str, per_minute: int) -> Allowance:
        """Take one request out of the bucket of `name`, when there is one in it."""
        now = self._clock()
        level = self._level(name, per_minute, now)
        wait_s = 0 if level >= 1 else math.ceil(60 * (1 - level) / per_minute)
        if wait_s == 0:
            level -= 1
        self._keep(name, _Bucket(level, now))
        return Allowance(per_minute, int(level), wait_s, math.ceil(60 * (per_minute - level) / per_minute))

    def give_back(self, name: str) -> None:
        """Undo one `take` that was let through."""
        bucket = self._buckets.get(name)
        if bucket is not None:
            self._keep(name, bucket._replace(level=bucket.level + 1))

    def _level(self, name: str, per_minute: int, now: float) -> float:
        bucket = self._buckets.get(name)
        if bucket is None:
            return per_minute
        return min(per_minute, bucket.level + (now - bucket.at) * per_minute / 60)

    def _keep(self, name: str, bucket: "_Bucket") -> None:
        self._buckets[name] = bucket
        self._buckets.move_to_end(name)
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)


class _Bucket(NamedTuple):
    level: float
    at: float
