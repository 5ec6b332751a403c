import os
import time
from pathlib import Path

import pytest

from benchmarks import overhead, throughput
from benchmarks.overhead import MODEL_S, Call
from benchmarks.serving import CpuSeconds, cpu_seconds, sixty_turns
from benchmarks.throughput import Run

linux = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="CPU times are read from /proc")


def test_the_call_has_sixty_turns():
    assert len(sixty_turns()["turns"]) == 60


@linux
def test_a_process_that_works_uses_cpu_time():
    before = cpu_seconds(os.getpid())
    while time.process_time() < before.service + 0.2:
        sum(range(1000))
    assert cpu_seconds(os.getpid()).since(before).service > 0.1


def test_shares_of_cpu_time_add_up():
    # 6 s of redaction and 2 s of the rest, in 4 s on 2 processes: 6 / 8 of the work, 6 / (4 × 2) of the time.
    run = Run(40, 4.0, CpuSeconds(service=2.0, redaction=6.0))
    assert run.cpu.share == 0.75
    assert run.busy(2) == 0.75
    assert run.rate == 10


def test_throughput_is_told_beside_the_bound_that_redaction_sets(capsys):
    graded = Run(100, 10.0, CpuSeconds(1.0, 9.0))
    redacted = Run(100, 8.0, CpuSeconds(0.5, 8.0))
    throughput.report(graded, redacted, in_flight=200, processes=4)
    out = capsys.readouterr().out
    assert "graded as fast as redaction alone allows: 80%" in out
    assert "90%" in out


def test_what_is_added_is_neither_redaction_nor_the_model(capsys):
    call = Call([10.0, 5.0, 300.0, 20.0, 5.0], total=400.0, redaction=60.0)
    assert call.added == pytest.approx(400 - 60 - 1000 * MODEL_S)
    overhead.report([call] * 10, [50.0] * 10)
    assert "added beyond redaction and the model: 40.0 ms median" in capsys.readouterr().out
