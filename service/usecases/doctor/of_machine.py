"""Settings that do not fit together, or do not fit the machine."""

import os
from collections.abc import Iterator
from pathlib import Path

from service.domain.counting import counted
from service.domain.finding import Finding, ok, warn
from service.grading.prompt import Prompts
from service.grading.tokens import TokenCounter
from service.settings import Settings, unknown_variables

MEMORY_MB, MEMORY_OF_A_PROCESS_MB = 400, 200
"""What a service takes, and one of its processes that redact, with one language loaded."""

_CGROUP = Path("/sys/fs/cgroup/memory.max")


def of_settings(settings: Settings, *, has_price: bool) -> list[Finding]:
    """Return what contradicts itself, or that nothing does."""
    advice = list(_contradictions(settings))
    if settings.has_model and not has_price:
        advice.append(warn("settings", f"no price is known for {settings.model!r}", "see QALIBRATE_PRICES"))
    advice += [warn("settings", sentence) for sentence in unknown_variables()]
    return advice or [ok("settings", f"fit together; the grader is {settings.default_grader}")]


def _contradictions(settings: Settings) -> Iterator[Finding]:
    if settings.model_timeout_s > settings.evaluation_timeout_s:
        detail = "one request to the model may take longer than the whole evaluation"
        yield warn("settings", detail, "raise QALIBRATE_EVALUATION_TIMEOUT_S")
    if settings.grader == "signals" and settings.has_model:
        detail = "a model is configured, and QALIBRATE_GRADER=signals does not use it"
        yield warn("settings", detail)
    if settings.allow_private_callbacks:
        detail = "webhooks may go to private addresses: whoever may submit can reach what this machine can"
        yield warn("settings", detail, "leave QALIBRATE_ALLOW_PRIVATE_CALLBACKS out unless that is meant")
    if settings.concurrency < settings.model_concurrency and settings.has_model:
        detail = (
            f"{settings.concurrency} evaluations at once can never use {settings.model_concurrency} requests"
        )
        yield warn("settings", detail, "raise QALIBRATE_CONCURRENCY or lower QALIBRATE_MODEL_CONCURRENCY")


def of_machine(settings: Settings) -> list[Finding]:
    """Return whether cores and memory are enough."""
    cores, processes = os.cpu_count() or 1, settings.redaction_processes
    memory, needed = memory_mb(), MEMORY_MB + processes * MEMORY_OF_A_PROCESS_MB
    redacting = counted(processes, "process", "processes")
    take = "takes" if processes == 1 else "take"
    detail = f"{cores} cores, {memory:,.0f} MB; {redacting} that redact{'s' * (processes == 1)} {take} about"
    detail += f" {needed:,} MB"
    if processes > cores or memory < needed:
        return [warn("machine", detail, "lower QALIBRATE_REDACTION_PROCESSES")]
    return [ok("machine", detail)]


def memory_mb() -> float:
    """Return the memory of this machine, or what a container allows of it."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6
    try:
        allowed = _CGROUP.read_text().strip()
    except OSError:
        return machine
    return min(machine, int(allowed) / 1e6) if allowed.isdigit() else machine


def of_prompts() -> list[Finding]:
    """Return whether the prompts that come with the service can be read."""
    return [ok("prompts", f"{Prompts().reference}")]


def of_tokens() -> Finding:
    """Return whether tokens can be counted, which decides how much of a long conversation fits."""
    if TokenCounter.load().estimated:
        detail = "the encoding that counts tokens is not here: counts are estimates, up to 1.8 times too high"
        return warn("tokens", detail, "put o200k_base into TIKTOKEN_CACHE_DIR")
    return ok("tokens", "are counted")
