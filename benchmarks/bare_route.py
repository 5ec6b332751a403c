"""What is measured against: a FastAPI route that writes one row, and does nothing else.

`python -m benchmarks.bare_route URL` listens on a free port: the same web server, the same database driver
and pool as the service, a JSON body of any shape, one transaction with one insert, a small JSON answer.
"""

import socket
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI

from service.storage.database import Database

_METADATA = sa.MetaData()
_ROWS = sa.Table(
    "bare_rows",
    _METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
)


def bare_app(url: str) -> FastAPI:
    """Return the application; its table is made in the database at `url`."""
    database = Database(url)
    _METADATA.create_all(database.engine)
    app = FastAPI()

    @app.post("/rows", status_code=202)
    def write(body: dict[str, Any]) -> dict[str, str]:
        new_id = uuid.uuid4().hex
        row = {"id": new_id, "created_at": datetime.now(UTC), "content": body}
        with database.engine.begin() as connection:
            connection.execute(sa.insert(_ROWS).values(row))
        return {"id": new_id}

    return app


def main() -> None:
    """Listen until the process is ended."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = bare_app(sys.argv[1])
        print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(app, log_config=None, access_log=False)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
