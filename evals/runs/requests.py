"""`--max-requests`: starts no further conversation once so many requests to a model were made."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class RequestLimit:
    """How many requests a run may make; None is no limit, and then they are only counted.

    Conversations run side by side as long as those under way, with `each` requests at least, stay within it;
    then one at a time. What a conversation needs beyond that, such as a repair, may go over.
    """

    def __init__(self, limit: int | None, each: int) -> None:
        self.made = 0
        self.left_out = 0
        self._limit = limit
        self._each = each
        self._under_way: Counter[str] = Counter()
        self._changed = asyncio.Condition()

    @property
    def is_used_up(self) -> bool:
        """Whether the limit is reached."""
        return self._limit is not None and self.made >= self._limit

    def count(self, conversation: str) -> None:
        """Note a request that is sent for a conversation."""
        self.made += 1
        if conversation in self._under_way:
            self._under_way[conversation] += 1

    @asynccontextmanager
    async def conversation(self, name: str) -> AsyncIterator[bool]:
        """Wait until it is clear whether one more may start, and hold its requests meanwhile."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.is_used_up or self._has_room())
            may_start = not self.is_used_up
            self.left_out += not may_start
            if may_start:
                self._under_way[name] = 0
        try:
            yield may_start
        finally:
            async with self._changed:
                self._under_way.pop(name, None)
                self._changed.notify_all()

    def _has_room(self) -> bool:
        if self._limit is None or not self._under_way:
            return True
        open_ones = sum(max(self._each - made, 0) for made in self._under_way.values())
        return self.made + open_ones + self._each <= self._limit
