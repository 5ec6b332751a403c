"""The web application: routes, problems, limits, logs, and the worker where the role has one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool as in_thread

from service import __version__
from service.api import (
    appeals,
    audit,
    batches,
    calibrations,
    docs,
    erasures,
    evaluations,
    health,
    labels,
    metrics,
    openapi,
    problems,
    redactions,
    reports,
    reviews,
    scorecards,
    sessions,
    vault,
    webhooks,
)
from service.api.doors import Doors
from service.api.headers import SecurityHeaders
from service.api.request_log import RequestLog
from service.api.strict import BodyLimit
from service.factory import Factory
from service.settings import Role

_DESCRIPTION = """Grades customer conversations against scorecards and proves each grade.

Personal data is redacted before anything is stored or sent to a model.
Errors are `application/problem+json`."""


def create_app(factory: Factory, role: Role = "all") -> FastAPI:
    """Return the application of one process, on a database that is up to date already.

    Its worker starts and stops with it.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await in_thread(factory.warm_up)
        if role == "api":
            factory.handover.remember_none()
        else:
            await factory.worker.start()
        redacts = role != "api" or factory.settings.redact == "submission"
        processes = factory.settings.processes if redacts else 0
        warming = asyncio.create_task(factory.redact.warm_up(processes))
        yield
        warming.cancel()
        if role != "api":
            await factory.worker.stop()
        factory.close()

    app = FastAPI(
        title="Qalibrate",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        generate_unique_id_function=openapi.operation_id,
    )
    app.state.factory = factory
    problems.install(app)
    app.include_router(health.router)
    app.include_router(docs.router)
    app.include_router(metrics.router)
    if role != "worker":
        for room in (
            evaluations,
            reviews,
            appeals,
            batches,
            erasures,
            audit,
            vault,
            webhooks,
            scorecards,
            redactions,
            labels,
            reports,
            calibrations,
            sessions,
        ):
            app.include_router(room.router)
    # The last one stands outermost.
    app.add_middleware(BodyLimit, limit_bytes=factory.settings.max_body_bytes)
    app.add_middleware(Doors, factory=factory)
    app.add_middleware(problems.Unexpected)
    app.add_middleware(metrics.Measured)
    app.add_middleware(RequestLog)
    app.add_middleware(SecurityHeaders)
    openapi.complete(app)
    return app
