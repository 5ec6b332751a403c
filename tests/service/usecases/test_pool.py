import asyncio
import os
import signal

import pytest

from service.usecases.pool import WorkPool


def _die_once(marker: str) -> str:
    if not os.path.exists(marker):
        open(marker, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


async def test_a_process_that_is_killed_is_replaced_and_its_work_done(tmp_path):
    pool = WorkPool(1)
    try:
        assert await pool.run(_die_once, str(tmp_path / "marker")) == "alive"
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
