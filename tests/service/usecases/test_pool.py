import asyncio
import os
import signal
from pathlib import Path

import pytest

from service.domain.errors import Unavailable
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
