import asyncio
import time
from datetime import UTC, datetime

import pytest

from service.domain.errors import TooBusy, Unavailable
from service.factory import Factory
from service.settings import Settings
from service.usecases.pool import WorkPool
from service.usecases.pressure import MOST_BACKLOG_S, MOST_PAUSE_S, Pressure, Room
from tests.service.results import keep


@pytest.fixture
def database(database_url):
    factory = Factory(Settings(database_url=database_url, redaction_processes=0))
    factory.upgrade_database()
    return factory.database


def pressure(database, **more) -> Pressure:
    given = {"backlog_s": lambda: 0.0, "room": Room(3, 200), "free_mb": lambda _folder: 1000.0} | more
    return Pressure(database, **given)


async def test_a_queue_that_is_full_refuses_until_it_is_worked_off(database):
    for number in range(3):
        keep(database, "a", f"{number}" * 32, None, datetime.now(UTC))
    with pytest.raises(TooBusy, match="about 3 evaluations wait") as refused:
        await pressure(database).check()
    assert 1 <= refused.value.retry_after_s <= MOST_PAUSE_S
    await pressure(database, room=Room(4, 200)).check()


async def test_what_was_taken_since_the_last_glance_counts(database):
    it = pressure(database)
    await it.check()
    it.took(3)
    with pytest.raises(TooBusy):
        await it.check()


async def test_a_disk_with_little_room_refuses_before_it_is_full(tmp_path):
    database = Factory(Settings(database_url=f"sqlite:///{tmp_path / 'x.db'}")).database
    with pytest.raises(TooBusy, match="150 MB left, and QALIBRATE_MIN_FREE_DISK_MB=200"):
        await pressure(database, free_mb=lambda _folder: 150.0).check()


async def test_redaction_that_is_far_behind_refuses_what_would_be_redacted_now(database):
    behind = pressure(database, backlog_s=lambda: MOST_BACKLOG_S + 30)
    with pytest.raises(TooBusy, match="redaction is 90 s behind"):
        await behind.check()
    await behind.check(redacts=False)


async def test_who_is_in_no_hurry_waits_until_there_is_room(database):
    behind = [100.0]
    waiting = asyncio.create_task(pressure(database, backlog_s=lambda: behind[0]).wait())
    await asyncio.sleep(0.3)
    assert not waiting.done()
    behind[0] = 0.0
    await asyncio.wait_for(waiting, 30)


async def test_who_waits_is_told_when_there_was_no_room_for_long(database):
    behind = pressure(database, backlog_s=lambda: 100.0)
    with pytest.raises(TooBusy, match="redaction is 100 s behind"):
        await asyncio.wait_for(behind.wait(give_up_s=0.1), 30)


async def test_nobody_is_kept_waiting_by_a_process_that_ends(database):
    behind = pressure(database, backlog_s=lambda: 100.0)
    waiting = asyncio.create_task(behind.wait())
    await asyncio.sleep(0.1)
    behind.stop()
    with pytest.raises(Unavailable, match="stopping"):
        await asyncio.wait_for(waiting, 30)


async def test_who_leaves_waits_no_more(database):
    async def leaves() -> None:
        await asyncio.sleep(0.1)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(pressure(database, backlog_s=lambda: 100.0).wait(left=leaves), 30)


async def test_a_pool_knows_how_far_it_is_behind():
    pool = WorkPool(1)
    try:
        await asyncio.gather(*(pool.run(time.sleep, 0.05) for _ in range(4)))
        waiting = [asyncio.create_task(pool.run(time.sleep, 0.05)) for _ in range(20)]
        await asyncio.sleep(0)
        assert pool.backlog_s > 0
        await asyncio.gather(*waiting)
        assert pool.backlog_s == 0
    finally:
        pool.close()
