"""How many submissions a second one API process accepts, against a bare route that writes one row.

`python -m benchmarks.intake`: a PostgreSQL of its own, one API process without a worker, conversations of 60
turns, load from several processes; the service (redaction left to workers) and the bare route take turns, so
that both meet the same machine. Then the same service with redaction on submission, against what its
processes can redact.
"""

import argparse
import json
import os
import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from benchmarks.http_load import Order, post_for_a_while
from benchmarks.serving import CARD, cpu_seconds, python_process, service_on, sixty_turns
from service.usecases.seal import new_key
from tests.postgres import Postgres, postgres


def main() -> None:
    """Measure and print."""
    options = _options()
    with postgres() as server:
        compare(server, options.rounds, options.seconds, options.connections)
        if not options.without_redaction:
            redacting(server, options.seconds, options.connections)


class Measured(NamedTuple):
    """Requests a second that were answered with success, and the CPU time of the process for each."""

    rate: float
    cpu_ms: float


class Target(NamedTuple):
    """What is sent where, and the process that answers."""

    order: Order
    pid: int

    def measure(self) -> Measured:
        """Send for a while."""
        before = cpu_seconds(self.pid).service
        rate = post_for_a_while(self.order)
        used = cpu_seconds(self.pid).service - before
        return Measured(rate, 1000 * used / (rate * self.order.seconds))


def compare(server: Postgres, rounds: int, seconds: float, connections: int) -> None:
    """Print the rates of the service and of the bare route, round by round, and the median ratio."""
    with ExitStack() as stack:
        ours = stack.enter_context(_service(server, seconds, connections, redact="worker"))
        bare = stack.enter_context(_bare(server, seconds, connections))
        for target in (ours, bare):
            target.measure()
        ratios, costs = [], []
        print(f"{'accepted per second':<24}{'bare':>10}{'service':>10}{'ratio':>8}{'CPU ms each':>20}")
        for number in range(1, rounds + 1):
            row, submission = bare.measure(), ours.measure()
            ratios.append(submission.rate / row.rate)
            costs.append(row.cpu_ms / submission.cpu_ms)
            print(
                f"round {number:<18}{row.rate:>10.0f}{submission.rate:>10.0f}{ratios[-1]:>8.2f}"
                f"{row.cpu_ms:>12.2f}{submission.cpu_ms:>8.2f}",
                flush=True,
            )
    print(f"median ratio, redaction left to workers: {statistics.median(ratios):.2f}")
    print(f"median ratio of CPU time, for machines with other work: {statistics.median(costs):.2f}")


def redacting(server: Postgres, seconds: float, connections: int) -> None:
    """Print what is accepted with redaction on submission, and what redaction alone allows."""
    processes = os.cpu_count() or 1
    with _service(server, seconds, connections, redact="submission") as target:
        order = target.order
        post_for_a_while(order)
        accepted = post_for_a_while(order)
        only = Order(order.url.replace("evaluations", "redactions"), _body(), order.key, seconds, connections)
        redacted = post_for_a_while(only)
    print(
        f"\nredaction on submission, {processes} processes that redact: {accepted:.1f} accepted per second,"
    )
    print(f"{redacted:.1f} redacted only: {accepted / redacted:.0%} of what the cores can redact")


@contextmanager
def _service(server: Postgres, seconds: float, connections: int, redact: str) -> Iterator[Target]:
    variables = {"QALIBRATE_REDACT": redact, "QALIBRATE_SECRET_KEY": new_key(), "QALIBRATE_RATE_LIMIT": "0"}
    variables["QALIBRATE_MAX_QUEUED"] = "10000000"
    with service_on(server.create_database(), role="api", **variables) as it:
        body = _body(scorecard=CARD)
        yield Target(Order(f"{it.url}/v1/evaluations", body, it.key, seconds, connections), it.pid)


@contextmanager
def _bare(server: Postgres, seconds: float, connections: int) -> Iterator[Target]:
    command = ["benchmarks.bare_route", server.create_database()]
    with python_process(command, {}, r"listening on (\S+)") as (url, pid):
        yield Target(Order(f"{url}/rows", _body(), "none", seconds, connections), pid)


def _body(**more: str) -> str:
    return json.dumps({"conversation": sixty_turns(), **more})


def _options() -> argparse.Namespace:
    summary = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=summary)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--connections", type=int, default=16, help="of each of the two client processes")
    parser.add_argument("--without-redaction", action="store_true", help="leave out redaction on submission")
    return parser.parse_args()


if __name__ == "__main__":
    main()
