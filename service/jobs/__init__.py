"""The durable job engine (DBOS), behind the few calls that the rest of the service makes.

Only ids enter the engine's tables: no transcript, no grade. What a job needs is read from ours.
"""

from service.jobs.bell import Bell as Bell
from service.jobs.bell import can_be_woken as can_be_woken
from service.jobs.engine import upgrade_engine as upgrade_engine
from service.jobs.lost import RequeueLost as RequeueLost
from service.jobs.queue import DurableQueue as DurableQueue
from service.jobs.worker import POLL_EMBEDDED_S as POLL_EMBEDDED_S
from service.jobs.worker import Worker as Worker
