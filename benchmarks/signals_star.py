"""How well the greeting and closing signals agree with the button log of the STAR corpus.

`python -m benchmarks.signals_star FOLDER`, where FOLDER holds `conversations/star.jsonl` (default:
`$QALIBRATE_DATA`, else `../shared/data` beside the repository), prints the table in the README of
`service/grading/signals`. The agents of that corpus pressed buttons, which the log names: `hello` greets,
`goodbye_1` and `goodbye_2` take leave, and so do the buttons of single tasks (`trivia_bye`, `ride_bye` and
others). They could also type freely, which the log does not name. So there are several readings of the truth:

- every conversation: what was typed counts as "no", whatever it says;
- only conversations in which nothing was typed in the turns that a signal searches, or in the agent's last
  turn: there the log holds the whole truth;
- every conversation, where a typed turn also counts if a whole sentence of it is one that a farewell button
  sends;
- every turn that came from a button, alone: whether the list of phrases tells the buttons apart.
"""

import argparse
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from service.domain.scorecard import SignalName
from service.domain.transcript import RedactedConversation
from service.grading.signals.lexicon import PhraseList, lexicon
from service.grading.signals.phrases import CLOSING_TURNS, OPENING_TURNS
from service.grading.signals.registry import SIGNALS

DATA = Path(os.environ.get("QALIBRATE_DATA", Path(__file__).parents[2] / "shared" / "data"))
CORPUS = Path("conversations") / "star.jsonl"
TYPED = (None, "custom")
"""What the log gives as the action of a turn that was typed."""


SENTENCE = re.compile(r"[^.!?]+")


class Logged(NamedTuple):
    """A conversation, and the actions of the agent's turns as the log has them, with what was sent."""

    name: str
    conversation: RedactedConversation
    actions: Sequence[str | None]
    sent: Sequence[str]


class Comparison(NamedTuple):
    """One row of the table. Where `logged` names turns of the agent, only conversations in which none of them
    was typed are compared. With `typed`, a typed sentence that such a button sends counts as pressed.
    """

    title: str
    signal: SignalName
    is_button: Callable[[str], bool]
    logged: slice | None = None
    typed: bool = False


def is_hello(action: str) -> bool:
    """Return whether this is the button that greets."""
    return action == "hello"


def is_goodbye(action: str) -> bool:
    """Return whether this is one of the general buttons that take leave."""
    return action.startswith("goodbye_")


def is_farewell(action: str) -> bool:
    """Return whether this is any button that takes leave, those of single tasks included."""
    return is_goodbye(action) or action.endswith("_bye")


COMPARISONS = (
    Comparison("greeting: button hello", "greeting", is_hello),
    Comparison("same, nothing typed in the first 3 turns", "greeting", is_hello, slice(OPENING_TURNS)),
    Comparison("closing: buttons goodbye_* alone", "closing", is_goodbye),
    Comparison("closing: every farewell button", "closing", is_farewell),
    Comparison(
        "same, nothing typed in the last 3 turns", "closing", is_farewell, slice(-CLOSING_TURNS, None)
    ),
    Comparison("same, the last turn not typed", "closing", is_farewell, slice(-1, None)),
    Comparison("same, all, or a typed sentence of such a button", "closing", is_farewell, typed=True),
)
BY_TURN: tuple[Comparison, ...] = (
    Comparison("greeting, pressed turns alone: button hello", "greeting", is_hello),
    Comparison("closing, pressed turns alone: every farewell button", "closing", is_farewell),
)


def main() -> None:
    """Print the table: kappa and the four cells of each comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=DATA, help="folder of corpora")
    parser.add_argument("--asr", action="store_true", help="the same text in lower case, no punctuation")
    parser.add_argument("--show", action="store_true", help="name the conversations that differ")
    options = parser.parse_args()
    path = options.folder / CORPUS
    if not path.is_file():
        parser.exit(2, f"There is no {path}: give the folder of corpora, or set QALIBRATE_DATA.\n")
    corpus = [read(line, options.asr) for line in path.read_text(encoding="utf-8").splitlines()]
    print("| truth | n | kappa | both / neither / signal only / button only |\n|---|---|---|---|")
    for comparison in COMPARISONS:
        pairs = dict(compare(comparison, corpus))
        print(row(comparison.title, list(pairs.values())))
        if options.show:
            print(*(f"    {name}" for name, (pressed, seen) in pairs.items() if pressed != seen), sep="\n")
    for comparison in BY_TURN:
        print(row(comparison.title, list(by_turn(comparison, corpus))))


def read(line: str, asr: bool) -> Logged:
    """Return the conversation of one line of the corpus, as speech recognition would write it if `asr`."""
    raw: dict[str, Any] = json.loads(line)
    write = as_recognised if asr else str
    turns = [{"speaker": turn["speaker"], "text": write(turn["text"])} for turn in raw["turns"]]
    conversation = RedactedConversation.model_validate({"language": raw["language"], "turns": turns})
    own = [turn for turn in raw["turns"] if turn["speaker"] == "agent"]
    actions = [turn.get("action") for turn in own]
    return Logged(raw["id"], conversation, actions, [turn["text"] for turn in own])


def as_recognised(text: str) -> str:
    """Return `text` in lower case without punctuation."""
    return " ".join(re.sub(r"[^\w\s']", " ", text.lower()).split())


def compare(comparison: Comparison, corpus: Sequence[Logged]) -> Iterator[tuple[str, tuple[bool, bool]]]:
    """Yield for each conversation whether the button was pressed and whether the signal saw it."""
    sent = sentences_of(comparison.is_button, corpus) if comparison.typed else set()
    for logged in corpus:
        searched = logged.actions[comparison.logged] if comparison.logged else ()
        if not any(action in TYPED for action in searched):
            pressed = any(comparison.is_button(action or "") for action in logged.actions)
            pressed = pressed or any(typed & sent for typed in typed_sentences(logged))
            yield logged.name, (pressed, SIGNALS[comparison.signal](logged.conversation).value == 1)


def sentences(text: str) -> set[str]:
    """Return the sentences of `text` without case and punctuation."""
    return {" ".join(sentence.lower().split()) for sentence in SENTENCE.findall(text)} - {""}


def sentences_of(is_button: Callable[[str], bool], corpus: Sequence[Logged]) -> set[str]:
    """Return the sentences that these buttons send."""
    turns = (turn for logged in corpus for turn in zip(logged.actions, logged.sent, strict=True))
    return {sentence for action, text in turns if is_button(action or "") for sentence in sentences(text)}


def typed_sentences(logged: Logged) -> Iterator[set[str]]:
    """Yield the sentences of each turn that the agent typed."""
    turns = zip(logged.actions, logged.sent, strict=True)
    return (sentences(text) for action, text in turns if action in TYPED)


def by_turn(comparison: Comparison, corpus: Sequence[Logged]) -> Iterator[tuple[bool, bool]]:
    """Yield for each pressed turn whether it was the button and whether the list of phrases finds it."""
    for logged in corpus:
        spans = lexicon(logged.conversation.language).spans
        texts = (turn.text for turn in logged.conversation.turns if turn.speaker == "agent")
        for action, text in zip(logged.actions, texts, strict=True):
            if action not in TYPED:
                found = next(spans(phrase_list(comparison.signal), text), None) is not None
                yield comparison.is_button(action or ""), found


def phrase_list(signal: SignalName) -> PhraseList:
    """Return the list of phrases of one of the two signals measured here."""
    return "greeting" if signal == "greeting" else "closing"


def row(title: str, pairs: Sequence[tuple[bool, bool]]) -> str:
    """Return one row of the table in Markdown."""
    cells = [pairs.count(cell) for cell in ((True, True), (False, False), (False, True), (True, False))]
    kappa = f"{cohens_kappa(pairs):.3f}".lstrip("0")
    return f"| {title} | {len(pairs)} | {kappa} | {' / '.join(map(str, cells))} |"


def cohens_kappa(pairs: Sequence[tuple[bool, bool]]) -> float:
    """Return (po - pe) / (1 - pe) for two raters with yes/no answers (Cohen 1960). The pairs must hold both
    answers.
    """
    n = len(pairs)
    observed = sum(a == b for a, b in pairs) / n
    first, second = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    expected = first * second + (1 - first) * (1 - second)
    return (observed - expected) / (1 - expected)


if __name__ == "__main__":
    main()
