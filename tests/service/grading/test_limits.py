import asyncio
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.grading.limits import (
    LONGEST_PAUSE_S,
    Bucket,
    Gate,
    Limits,
    NoRoom,
    time_allows,
    work_time,
)


class Clock:
    """A clock that the test moves."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


async def a_moment():
    """Let everybody who can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


class Guest:
    """Somebody who takes a place and leaves when told to."""

    def __init__(self, gate, tokens=0, worked=True, order=None):
        self.inside = False
        self._go = asyncio.Event()
        self._order = order if order is not None else []
        self.task = asyncio.ensure_future(self._visit(gate, tokens, worked))

    async def _visit(self, gate, tokens, worked):
        async with gate.place(tokens) as place:
            self._order.append(self)
            self.inside = True
            place.worked = worked
            try:
                await self._go.wait()
            finally:
                self.inside = False

    async def leave(self):
        self._go.set()
        await self.task

    async def cancel(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@given(
    per_minute=st.integers(1, 5000),
    gaps=st.lists(st.floats(0, 20), min_size=1, max_size=80),
)
def test_no_minute_sees_more_than_the_limit(per_minute, gaps):
    clock = Clock()
    bucket, taken = Bucket(per_minute, clock.now), []
    for gap in gaps:
        clock.now += gap
        for _ in range(per_minute // 5 + 1):
            clock.now += bucket.wait_s(1, clock.now)
            assert bucket.wait_s(1, clock.now) == 0
            bucket.take(1)
            taken.append(clock.now)
    first = 0
    for last, moment in enumerate(taken):
        while taken[first] <= moment - 60 + 1e-6:
            first += 1
        assert last - first + 1 <= per_minute


def test_a_tenth_of_a_minute_may_come_at_once_and_then_they_come_evenly():
    bucket = Bucket(600, now=0)
    for _ in range(60):
        assert bucket.wait_s(1, now=0) == 0
        bucket.take(1)
    assert 0.1 < bucket.wait_s(1, now=0) < 0.12


def test_an_amount_larger_than_the_bucket_is_had_and_paid_for_afterwards():
    bucket = Bucket(6000, now=0)
    assert bucket.wait_s(5000, now=0) == 0
    bucket.take(5000)
    assert bucket.wait_s(1, now=0) > 40
    bucket.take(-4800)
    assert bucket.wait_s(100, now=0) == 0


async def test_no_more_are_inside_than_may_be_and_the_next_comes_when_one_leaves():
    gate, order = Gate(Limits(concurrency=2)), []
    guests = [Guest(gate, order=order) for _ in range(5)]
    await a_moment()
    assert [guest.inside for guest in guests] == [True, True, False, False, False]
    await guests[1].leave()
    await a_moment()
    assert guests[2].inside
    for guest in (guests[0], guests[2], guests[3], guests[4]):
        await a_moment()
        await guest.leave()
    assert order == guests


async def test_whoever_is_cancelled_frees_the_place_and_the_queue():
    gate = Gate(Limits(concurrency=1))
    inside, first, second = Guest(gate), Guest(gate), Guest(gate)
    await a_moment()
    await first.cancel()
    await inside.cancel()
    await a_moment()
    assert second.inside
    await second.leave()


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["come", "leave", "cancel", "fail"]), st.integers(0, 30)), max_size=60
)


@settings(max_examples=60, deadline=None)
@given(concurrency=st.integers(1, 4), actions=ACTIONS)
def test_whatever_comes_leaves_and_is_cancelled_the_order_holds_and_no_place_is_lost(concurrency, actions):
    async def play():
        gate, order, guests, came = Gate(Limits(concurrency=concurrency)), [], [], []
        for action, which in actions:
            if action == "come" or not guests:
                guests.append(Guest(gate, worked=action != "fail", order=order))
                came.append(guests[-1])
            else:
                guest = guests.pop(which % len(guests))
                await (guest.leave() if action == "leave" and guest.inside else guest.cancel())
            await a_moment()
            inside = sum(guest.inside for guest in guests)
            assert inside == min(concurrency, len(guests))
        assert order == [guest for guest in came if guest in order]
        for guest in guests:
            await guest.cancel()
        again = [Guest(gate) for _ in range(concurrency)]
        await a_moment()
        assert all(guest.inside for guest in again)
        for guest in again:
            await guest.leave()

    asyncio.run(play())


async def test_requests_per_minute_are_kept():
    gate = Gate(Limits(concurrency=50, requests_per_minute=600))
    started = time.monotonic()
    for _ in range(63):
        async with gate.place():
            pass
    assert 0.25 < time.monotonic() - started < 5


async def test_tokens_per_minute_are_kept():
    clock = Clock()
    gate = Gate(Limits(tokens_per_minute=10_000), clock)
    first, second, third = Guest(gate, tokens=1_000), Guest(gate, tokens=900), Guest(gate)
    await a_moment()
    assert (first.inside, second.inside, third.inside) == (True, False, False)
    clock.now += 6
    await first.leave()
    await a_moment()
    assert (second.inside, third.inside) == (True, True)
    await second.leave()
    await third.leave()


async def test_tokens_that_were_not_used_are_there_for_others():
    clock = Clock()
    gate = Gate(Limits(tokens_per_minute=10_000), clock)
    async with gate.place(1_000) as place:
        place.tokens = 100
    await asyncio.wait_for(Guest(gate, tokens=900).leave(), 1)
    waiting = Guest(gate, tokens=900)
    await a_moment()
    assert not waiting.inside
    await waiting.cancel()


async def test_a_pause_holds_everybody_back_and_one_goes_first():
    gate = Gate(Limits(concurrency=8))
    gate.pause(1)
    guests = [Guest(gate) for _ in range(6)]
    await asyncio.sleep(0.1)
    assert not any(guest.inside for guest in guests)
    await asyncio.sleep(1.2)
    assert [guest.inside for guest in guests] == [True, False, False, False, False, False]
    await guests[0].leave()
    await a_moment()
    assert sum(guest.inside for guest in guests) == 2
    await guests[1].leave()
    await guests[2].leave()
    await a_moment()
    assert all(guest.inside for guest in guests[3:])
    for guest in guests[3:]:
        await guest.leave()


async def test_while_the_server_stays_busy_one_request_at_a_time_finds_out():
    gate = Gate(Limits(concurrency=8))
    gate.pause(0.01)
    guests = [Guest(gate, worked=False) for _ in range(3)]
    await asyncio.sleep(0.1)
    await guests[0].leave()
    await a_moment()
    assert sum(guest.inside for guest in guests) == 1
    for guest in guests[1:]:
        await guest.leave()


async def test_no_server_can_hold_everybody_back_for_days():
    clock = Clock()
    gate = Gate(clock=clock)
    gate.pause(1_000_000)
    clock.now += LONGEST_PAUSE_S
    await asyncio.wait_for(Guest(gate).leave(), 1)


async def test_a_shorter_pause_does_not_end_a_longer_one():
    clock = Clock()
    gate = Gate(clock=clock)
    gate.pause(30)
    gate.pause(1)
    clock.now += 2
    guest = Guest(gate)
    await a_moment()
    assert not guest.inside
    await guest.cancel()


async def test_waiting_ends_with_the_time_of_whoever_waits():
    gate = Gate(Limits(concurrency=1))
    inside = Guest(gate)
    await a_moment()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05), gate.place():
            raise AssertionError
    await inside.leave()
    await asyncio.wait_for(Guest(gate).leave(), 1)


async def test_whoever_waited_long_enough_is_told_and_leaves_the_queue():
    gate = Gate(Limits(concurrency=1))
    inside = Guest(gate)
    await a_moment()
    with pytest.raises(NoRoom) as told:
        async with gate.place(wait_s=0.05):
            raise AssertionError
    assert not told.value.paused
    await inside.leave()
    await asyncio.wait_for(Guest(gate).leave(), 1)


async def test_waiting_at_the_gate_is_not_work():
    gate = Gate(Limits(concurrency=1))
    inside = Guest(gate)
    await a_moment()
    asyncio.get_running_loop().call_later(0.6, inside._go.set)
    async with work_time(0.5), gate.place():
        assert time_allows(60)
        await asyncio.sleep(0.05)
    assert time_allows(9)


async def test_work_after_the_wait_is_bounded_as_before():
    gate = Gate(Limits(concurrency=1))
    inside = Guest(gate)
    await a_moment()
    asyncio.get_running_loop().call_later(0.1, inside._go.set)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        async with work_time(0.2), gate.place():
            await asyncio.sleep(5)
    assert 0.25 < time.monotonic() - started < 4.5


async def test_a_wait_stops_every_clock_around_it_in_whatever_task_it_is():
    gate = Gate(Limits(concurrency=1))

    async def work():
        async with work_time(0.4), gate.place():
            await asyncio.sleep(0.1)

    async with work_time(0.4):
        await asyncio.gather(*(work() for _ in range(6)))


async def test_the_clock_goes_on_when_whoever_waited_gives_up():
    gate = Gate(Limits(concurrency=1))
    inside = Guest(gate)
    await a_moment()

    async def give_up_waiting_and_work():
        queued = Guest(gate)
        await a_moment()
        await queued.cancel()
        await asyncio.sleep(5)

    with pytest.raises(TimeoutError):
        async with work_time(0.1):
            await give_up_waiting_and_work()
    await inside.leave()


async def test_half_of_the_time_is_always_enough_and_less_only_when_it_is_what_is_asked_for():
    async with work_time(1):
        assert time_allows(60, after_s=0.2)
        assert not time_allows(60, after_s=0.6)
        assert time_allows(0.1, after_s=0.6)
        assert not time_allows(0.1, after_s=0.95)


def test_one_gate_serves_several_event_loops_in_several_threads():
    gate, lock = Gate(Limits(concurrency=3)), threading.Lock()
    counts = {"now": 0, "most": 0, "done": 0}

    def note(change):
        with lock:
            counts["now"] += change
            counts["most"] = max(counts["most"], counts["now"])
            counts["done"] += change < 0

    async def visit():
        async with gate.place() as place:
            place.worked = True
            note(1)
            await asyncio.sleep(0.002)
            note(-1)

    async def visits():
        await asyncio.gather(*(visit() for _ in range(50)))

    threads = [threading.Thread(target=asyncio.run, args=(visits(),)) for _ in range(4)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (counts["done"], counts["most"]) == (200, 3)
    assert time.monotonic() - started < 10


def test_a_loop_that_is_gone_does_not_hold_up_the_others():
    gate = Gate(Limits(concurrency=1))

    async def wait_in_line():
        async with gate.place():
            raise AssertionError

    async def take_and_outlive():
        async with gate.place():
            loop = asyncio.new_event_loop()

            def abandon():
                task = loop.create_task(wait_in_line())
                loop.call_later(0.05, loop.stop)
                loop.run_forever()
                task._log_destroy_pending = False
                loop.close()
                return task

            task = await asyncio.to_thread(abandon)
        await asyncio.wait_for(Guest(gate).leave(), 2)
        return task

    asyncio.run(take_and_outlive())
