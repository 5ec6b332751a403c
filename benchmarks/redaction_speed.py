"""How fast redaction is beside Presidio as it comes, and how much memory its languages take.

`python -m benchmarks.redaction_speed [FOLDER]`: our whole redaction of whole calls against a stock
`AnalyzerEngine` turn by turn on the same calls, in one process, numerical libraries on one thread, both
warm, in alternating rounds. Calls are put together from the bundled samples, 60 turns each; FOLDER may hold
`conversations/*.jsonl` for more. Stock has its default English recognizers, whatever the language of the
text, and no model: once with an engine that does nothing, so that it cannot look at the words around, and
once with spaCy's blank tokenizer and lower-cased words for lemmas, so that it can. Either does less than ours
in every row. Read the ratios: seconds differ between machines.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

# Before anything imports numpy.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

TURNS = 60
LANGUAGES = ("en", "ru", "zh")
SAMPLES = {
    "en": ("en-call-good", "en-call-mediocre"),
    "ru": ("ru-call-terrible", "ru-call-not-applicable", "ru-chat-good"),
    "zh": ("zh-call-good", "zh-call-mediocre"),
}
MEGABYTE = 1_000_000


class Calls(NamedTuple):
    """Conversations in one language: the texts of their turns."""

    name: str
    language: str
    turns: tuple[tuple[str, ...], ...]

    @property
    def characters(self) -> int:
        """Characters of all turns."""
        return sum(len(text) for call in self.turns for text in call)


Spread = tuple[float, float, float]
"""Median, lowest and highest of the rounds."""


class Speed(NamedTuple):
    """Characters a second of ours and of both kinds of stock, and how many times theirs ours is."""

    ours: Spread
    stock: Spread
    stock_with_words: Spread
    ratio: Spread
    ratio_with_words: Spread


Run = Callable[[Calls], None]


def main() -> None:
    """Measure and print two tables, or one line of JSON."""
    options = arguments()
    if options.memory_of is not None:
        sys.stdout.write(json.dumps(memory_here(options.memory_of.split())))
        return
    calls = [sample_calls(language) for language in LANGUAGES]
    if options.folder is not None:
        calls += list(folder_calls(options.folder, options.calls))
    runs = (our_redaction(), stock_analysis(NOTHING), stock_analysis(WORDS))
    speeds = {one: measure(one, runs, options.rounds) for one in calls}
    memory = {name: memory_of(name) for name in ("", *LANGUAGES, " ".join(LANGUAGES))}
    if options.format == "json":
        named = {one.name: {"characters": one.characters, **speeds[one]._asdict()} for one in calls}
        sys.stdout.write(json.dumps({"rounds": options.rounds, "speed": named, "memory": memory}) + "\n")
    else:
        show(speeds, memory, options.rounds)


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.redaction_speed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, nargs="?", help="holds conversations/*.jsonl")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=20, help="conversations of each file of the folder")
    parser.add_argument("--format", choices=("table", "json"), default="table")
    parser.add_argument("--memory-of", metavar="LANGUAGES", help=argparse.SUPPRESS)
    return parser.parse_args()


def sample_calls(language: str) -> Calls:
    """Return one call of 60 turns, joined from the bundled samples in a language."""
    folder = resources.files("service").joinpath("samples")
    texts = [
        turn["text"]
        for name in SAMPLES[language]
        for turn in json.loads(folder.joinpath(f"{name}.json").read_text("utf-8"))["turns"]
    ]
    return Calls(f"samples, {language}", language, (tuple(islice(cycle(texts), TURNS)),))


def folder_calls(folder: Path, count: int) -> Iterator[Calls]:
    """Yield the first conversations of each file."""
    for path in sorted(folder.glob("conversations/*.jsonl")):
        with path.open(encoding="utf-8") as file:
            rows: list[dict[str, Any]] = [json.loads(line) for line in islice(file, count)]
        turns = tuple(tuple(turn["text"] for turn in row["turns"]) for row in rows)
        yield Calls(path.stem, rows[0]["language"], turns)


def our_redaction() -> Run:
    """Return a function that redacts calls as the product does: every layer, whole conversations."""
    from redaction import Redactor, Segment

    redactor = Redactor()

    def redact(calls: Calls) -> None:
        for call in calls.turns:
            redactor.redact([Segment("customer", text) for text in call], calls.language)

    return redact


NOTHING, WORDS = "nothing", "words"


def stock_analysis(sees: str) -> Run:
    """Return a function that runs Presidio's default English recognizers on every turn of calls."""
    import tldextract.tldextract
    from presidio_analyzer import AnalyzerEngine

    # What checks the domains of e-mail addresses would first try to fetch a list of them.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())
    engine = AnalyzerEngine(nlp_engine=_blank_engine() if sees == WORDS else _no_engine())

    def analyze(calls: Calls) -> None:
        for call in calls.turns:
            for text in call:
                engine.analyze(text, language="en")

    return analyze


def _no_engine() -> Any:
    from presidio_analyzer.nlp_engine import NoOpNlpEngine

    return NoOpNlpEngine([{"lang_code": "en", "model_name": "none"}])


def _blank_engine() -> Any:
    import spacy
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from spacy.language import Language

    @Language.component("lower_case_lemmas")
    def lemmas(doc: Any) -> Any:
        for token in doc:
            token.lemma_ = token.lower_
        return doc

    pipeline = spacy.blank("en")
    pipeline.add_pipe("lower_case_lemmas")
    engine: Any = SpacyNlpEngine([{"lang_code": "en", "model_name": "blank"}])
    engine.nlp = {"en": pipeline}
    return engine


def measure(calls: Calls, runs: Sequence[Run], rounds: int) -> Speed:
    """Run ours and both kinds of stock once to warm up, then in turn, and return the speeds."""
    for run in runs:
        run(calls)
    took = [[seconds(run, calls) for run in runs] for _ in range(rounds)]
    speeds = [spread([calls.characters / row[kind] for row in took]) for kind in range(len(runs))]
    ratios = [spread([row[kind] / row[0] for row in took]) for kind in (1, 2)]
    return Speed(*speeds, *ratios)


def seconds(function: Run, calls: Calls) -> float:
    """Return how long one run takes."""
    started = time.perf_counter()
    function(calls)
    return time.perf_counter() - started


def spread(values: Sequence[float]) -> Spread:
    """Return median, lowest and highest."""
    return statistics.median(values), min(values), max(values)


def memory_of(languages: str) -> dict[str, float]:
    """Return the megabytes of a fresh process that has redacted calls in these languages, now and at most."""
    command = [sys.executable, "-m", "benchmarks.redaction_speed", "--memory-of", languages]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    megabytes: dict[str, float] = json.loads(answer.stdout)
    return megabytes


def memory_here(languages: Sequence[str]) -> dict[str, float]:
    """Redact a call in each language as a worker process of the service does; return what this one holds."""
    from redaction import Policy
    from service.domain.transcript import Conversation
    from service.usecases.redact import redact_conversation

    for language in languages:
        turns = [{"speaker": "customer", "text": text} for text in sample_calls(language).turns[0]]
        conversation = Conversation.model_validate({"language": language, "turns": turns})
        redact_conversation(Policy(), conversation)
    return resident()


def resident() -> dict[str, float]:
    """Return the megabytes of this process that are resident, and the most that were."""
    status = Path("/proc/self/status")
    if not status.is_file():
        unit = 1 if sys.platform == "darwin" else 1024
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE
        return {"now": most, "most": most}
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    kilobytes = {name: float(fields[name].split()[0]) for name in ("VmRSS", "VmHWM")}
    return {
        "now": 1024 * kilobytes["VmRSS"] / MEGABYTE,
        "most": 1024 * kilobytes["VmHWM"] / MEGABYTE,
    }


def show(speeds: dict[Calls, Speed], memory: dict[str, dict[str, float]], rounds: int) -> None:
    """Print both tables."""
    print(f"thousand characters a second, median of {rounds} rounds (lowest–highest)\n")
    names = ("ours", "stock", "stock with words", "ours / stock", "ours / with words")
    print(f"{'calls':<14}{'characters':>11}" + "".join(f"{name:>21}" for name in names))
    for calls, speed in speeds.items():
        rates = [told([value / 1000 for value in values], 1) for values in speed[:3]]
        cells = [*rates, *(told(values, 2) for values in speed[3:])]
        print(f"{calls.name:<14}{calls.characters:>11,}" + "".join(f"{cell:>21}" for cell in cells))
    print("\nmegabytes resident in a process that redacts (most so far)\n")
    for name, megabytes in memory.items():
        print(f"{name or 'nothing loaded':<16}{megabytes['now']:>6.0f} ({megabytes['most']:.0f})")


def told(values: Sequence[float], digits: int) -> str:
    """Return median and range as text."""
    middle, low, high = (f"{value:.{digits}f}" for value in values)
    return f"{middle} ({low}–{high})"


if __name__ == "__main__":
    main()
