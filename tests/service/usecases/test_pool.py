import asyncio
import multiprocessing
import os
import re
import signal
import time
from pathlib import Path

import pytest

from service.domain.errors import FieldProblem, RedactionTooSlow, Unavailable, UnsupportedLanguage
from service.usecases.pool import WorkPool


def _die_once(marker: str) -> str:
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


async def test_a_process_that_is_killed_is_replaced_and_its_work_done(tmp_path):
    pool = WorkPool(1)
    try:
        assert await pool.run(_die_once, str(tmp_path / "marker")) == "alive"
    finally:
        pool.close()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def test_work_that_always_kills_its_process_is_given_up():
    pool = WorkPool(1)
    try:
        with pytest.raises(Unavailable, match="enough memory"):
            await pool.run(_die)
        assert await pool.run(int, "1") == 1
    finally:
        pool.close()


async def test_what_the_function_raises_reaches_the_caller():
    pool = WorkPool(1)
    try:
        with pytest.raises(ValueError, match="invalid literal"):
            await pool.run(int, "x")
    finally:
        pool.close()


async def test_without_processes_the_work_is_done_in_threads():
    pool = WorkPool(0)
    assert await asyncio.gather(*(pool.run(os.getpid) for _ in range(3))) == [os.getpid()] * 3


async def test_a_burst_after_many_tasks_still_finds_a_process():
    pool = WorkPool(1)
    try:
        for _ in range(40):
            await asyncio.wait_for(asyncio.gather(*(pool.run(int, "1") for _ in range(60))), timeout=30)
    finally:
        pool.close()


def _is_ending(pid: int) -> bool:
    """Whether a process is gone within seconds; the pool looks after what is left of it."""
    for _ in range(100):
        if str(pid) not in {str(child.pid) for child in multiprocessing.active_children()}:
            return True
        time.sleep(0.05)
    return False


def _started(marker: Path) -> int:
    while not marker.exists() or not marker.read_text():
        time.sleep(0.05)
    return int(marker.read_text())


def _hang(marker: str) -> None:
    Path(marker).write_text(str(os.getpid()))
    while True:
        pass


async def test_work_that_takes_too_long_is_refused_and_its_process_ended(tmp_path):
    pool = WorkPool(1, timeout_s=0.5)
    try:
        with pytest.raises(RedactionTooSlow, match=r"0\.5 s"):
            await pool.run(_hang, str(tmp_path / "pid"))
        assert _is_ending(_started(tmp_path / "pid"))
        assert await pool.run(int, "1") == 1
    finally:
        pool.close()


def _catastrophe() -> None:
    # One call into C that would take years, during which no Python code of that process runs.
    re.match(r"(a+)+$", "a" * 64 + "b")


async def test_a_process_that_hangs_outside_of_python_is_ended_too():
    pool = WorkPool(1, timeout_s=0.5)
    try:
        with pytest.raises(RedactionTooSlow):
            await pool.run(_catastrophe)
        assert await pool.run(int, "1") == 1
    finally:
        pool.close()


def _slowly(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


async def test_neither_a_death_nor_a_hanging_process_harms_the_neighbours(tmp_path):
    pool = WorkPool(3, timeout_s=4)
    try:
        await asyncio.gather(*(pool.run(_slowly, 0.2) for _ in range(3)))
        outcomes = await asyncio.gather(
            pool.run(_hang, str(tmp_path / "pid")),
            pool.run(_die),
            *(pool.run(_slowly, 0.5) for _ in range(4)),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes] == [RedactionTooSlow, Unavailable, int, int, int, int]
    finally:
        pool.close()


async def test_waiting_for_a_process_does_not_count_as_time():
    pool = WorkPool(1, timeout_s=2)
    try:
        assert len(await asyncio.gather(*(pool.run(_slowly, 0.8) for _ in range(5)))) == 5
    finally:
        pool.close()


async def test_a_thread_that_takes_too_long_is_refused():
    with pytest.raises(RedactionTooSlow):
        await WorkPool(0, timeout_s=0.05).run(_slowly, 0.3)


def _refuse() -> None:
    raise UnsupportedLanguage([FieldProblem("/conversation/language", "not this one")])


async def test_our_own_errors_arrive_whole():
    pool = WorkPool(1)
    try:
        with pytest.raises(UnsupportedLanguage) as caught:
            await pool.run(_refuse)
        assert caught.value.problems == (FieldProblem("/conversation/language", "not this one"),)
    finally:
        pool.close()


def _unsendable() -> object:
    return lambda: None


async def test_what_cannot_be_sent_back_is_an_error_and_no_death():
    pool = WorkPool(1)
    try:
        with pytest.raises(TypeError, match="cannot be sent back"):
            await pool.run(_unsendable)
        assert await pool.run(int, "1") == 1
    finally:
        pool.close()


async def test_closing_ends_even_what_hangs(tmp_path):
    pool = WorkPool(1)
    hanging = asyncio.ensure_future(pool.run(_hang, str(tmp_path / "pid")))
    pid = await asyncio.to_thread(_started, tmp_path / "pid")
    pool.close()
    with pytest.raises(Unavailable):
        await hanging
    assert _is_ending(pid)


@pytest.mark.parametrize("processes", [0, 1])
def test_a_pool_says_how_long_its_functions_took(processes):
    pool = WorkPool(processes)
    asyncio.run(pool.run(time.sleep, 0.2))
    pool.close()
    assert 0.2 <= pool.worked_s["sleep"] < 5
