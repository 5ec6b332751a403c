"""The redactor: takes personal data out of a conversation and puts placeholders in its place."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count

import regex

from redaction import kinds, phrases
from redaction.digit_runs import is_bridge
from redaction.languages import check_language
from redaction.model import Entity, Redaction, Segment
from redaction.names import KnownNames, Part, parts_of
from redaction.numerals import numerals
from redaction.placeholders import TYPED, Numbering
from redaction.plugin import Plugin
from redaction.policy import Action, Policy
from redaction.rules import analyze
from redaction.safety_net import LEAST_DIGITS, leftovers
from redaction.spans import VOTE, Finding, cut, settle, trim, without
from redaction.stream import Stream
from redaction.view import FILLER, MASK, Edit, View, combine, spelling_edits

RULES_VERSION = "3"
"""Changes whenever the rules can give another text for the same input."""

_MOST_ROUNDS = 6
_CONTEXT_TURNS = 2
# Twice as far as a network looks, so that the words next to a change are read with all their context.
_CONTEXT_WORDS = 16
_CERTAIN = 1.0
_GRAVE = frozenset({kinds.CREDIT_CARD, kinds.IBAN_CODE, kinds.US_SSN, kinds.SECRET})
_NOT_SPACE = regex.compile(r"\S")
_TOKEN = regex.compile(r"[^\W_]+(?:-[^\W_]+)*")


@dataclass(frozen=True, slots=True, order=True)
class _Piece:
    """A part of the joined conversation that is taken out; pieces of one finding share ``group``."""

    start: int
    end: int
    type: str
    group: int
    new: str | None

    def edit(self) -> Edit:
        return Edit(self.start, self.end, FILLER if self.new is None else self.new)


class Redactor:
    """Redacts conversations under one policy.

    Cheap to build and to send to another process: rules and dictionaries are loaded once per process, when
    the first text needs them, and shared by all redactors and threads of it.
    """

    def __init__(self, policy: Policy | None = None, plugin: Plugin | None = None) -> None:
        """``plugin`` is an engine whose findings count as well."""
        self.policy = policy or Policy()
        self.plugin = plugin

    @property
    def version(self) -> str:
        """Names rules, policy and plug-in: the same version gives the same text for the same input."""
        version = f"{RULES_VERSION}+{self.policy.version}"
        return f"{version}+{self.plugin.version}" if self.plugin else version

    def redact(
        self,
        segments: Sequence[Segment],
        language: str,
        *,
        agent_names: Sequence[str] = (),
        customer_names: Sequence[str] = (),
    ) -> Redaction:
        """Redact a whole conversation; turns are analysed together: questions are context for answers.

        Names given are redacted wherever they occur, in parts and inflected, except agents' names when the
        policy keeps them. Raises ``UnsupportedLanguage``, and ``PluginError`` when a plug-in cannot be built.
        """
        language = check_language(language)
        stream = Stream([segment.text for segment in segments])
        if not stream.turns:
            return Redaction((), (), language, self.policy.name, self.version)
        reader = _Reader(language, self.policy, self.plugin)
        conversation = _Conversation(stream, reader, agent_names, customer_names)
        turns, entities = _written(stream, conversation.pieces())
        return Redaction(turns, entities, language, self.policy.name, self.version, conversation.caught)

    def redact_text(self, text: str, language: str) -> str:
        """Redact one text that belongs to no conversation. Raises ``UnsupportedLanguage``."""
        return self.redact([Segment("", text)], language).turns[0]


@dataclass(frozen=True, slots=True)
class _Reader:
    """What is found in a text and done with it, in a conversation in ``language``."""

    language: str
    policy: Policy
    plugin: Plugin | None

    def findings(self, text: str) -> list[Finding]:
        """Everything that rules and plug-in take for personal data; findings may overlap."""
        found = analyze(text)
        return found + self.plugin.findings(text, self.language) if self.plugin else found

    def action(self, kind: str) -> Action:
        """What the policy does with an entity type."""
        return self.policy.action(kind, self.language)

    def denied(self, text: str) -> list[Finding]:
        """Where the phrases stand that the policy never lets through."""
        spans = {
            *phrases.occurrences(self.policy.deny, text),
            *phrases.inflected(self.policy.deny, text),
        }
        return [Finding.at(span, kinds.DENIED, _CERTAIN) for span in sorted(spans)]

    def allowed(self, text: str) -> list[tuple[int, int]]:
        """Where the phrases and numbers stand that the policy always lets through."""
        return [*phrases.occurrences(self.policy.allow, text), *phrases.numbers(self.policy.allow, text)]

    def hotlines(self, text: str) -> list[tuple[int, int]]:
        """Allowed numbers that are too long to be a part of another by chance: they end what is around."""
        return list(phrases.numbers(self.policy.allow, text, LEAST_DIGITS))


class _Conversation:
    """One conversation on its way to having nothing left to take out.

    Taking something out changes what the rules see around it, so the changed turns are read again until the
    rules find nothing more: redacting the result once more then changes nothing.
    """

    def __init__(
        self, stream: Stream, reader: _Reader, agent_names: Sequence[str], customer_names: Sequence[str]
    ) -> None:
        self._stream = stream
        self._reader = reader
        policy = reader.policy
        self._kept = _parts_of_all(agent_names) if policy.keep_agent_names else []
        self._not_kept = _parts_of_all(customer_names)
        self._given_names = tuple(customer_names) + (() if policy.keep_agent_names else tuple(agent_names))
        self._known = KnownNames()
        self._known.add(self._given_names)
        self._codes: set[str] = set()
        self._typed = [Edit(match.start(), match.end(), FILLER) for match in TYPED.finditer(stream.text)]
        self._spelling = spelling_edits(stream.text)
        self._pieces: list[_Piece] = []
        self._kept_spans: set[tuple[int, int]] = set()
        self.caught = 0

    def pieces(self) -> list[_Piece]:
        """What has to be taken out, in order."""
        everything = [(0, len(self._stream.text))]
        todo = everything
        for _ in range(_MOST_ROUNDS):
            fresh, learned = self._round(todo)
            if not fresh:
                break
            self._pieces = sorted(self._pieces + fresh)
            # A name learned from a part of the text may stand anywhere in the rest.
            todo = everything if learned and todo is not everything else self._around(fresh)
        caught = self._caught()
        self.caught = len(caught)
        return sorted(self._pieces + caught)

    def _caught(self) -> list[_Piece]:
        """What only the safety net finds. Text that the policy keeps or allows is not its business."""
        if self._reader.action(kinds.DIGITS) == "keep":
            return []
        view = View(self._stream.text, self._edits())
        kept = [*self._kept_spans, *(view.to_source(*span) for span in self._reader.allowed(view.text))]
        if kept:
            view = View(self._stream.text, self._edits(_disjoint(kept)))
        found = [Finding.at(span, kinds.DIGITS, _CERTAIN) for span in leftovers(view.text)]
        return [piece for finding in found for piece in self._split(view, finding)]

    def _edits(self, hidden: Iterable[tuple[int, int]] = ()) -> list[Edit]:
        """What has been taken out, and spans to be hidden as if they were, in plain spelling."""
        edits = self._typed + [piece.edit() for piece in self._pieces]
        if hidden:
            edits = combine(edits, [Edit(start, end, FILLER) for start, end in hidden])
        return combine(edits, self._spelling)

    def _round(self, todo: list[tuple[int, int]]) -> tuple[list[_Piece], bool]:
        edits = self._edits()
        views = [View(self._stream.text, edits, start, end) for start, end in todo]
        found = [(view, self._reader.findings(view.text)) for view in views]
        learned = self._learn(found)
        fresh = [piece for view, findings in found for piece in self._take(view, findings)]
        return fresh, learned

    def _learn(self, found: Iterable[tuple[View, list[Finding]]]) -> bool:
        names: list[str] = []
        codes: set[str] = set()
        for view, findings in found:
            # What wins counts: a vote for a name may lie inside of what a rule knows to be something else.
            for finding in settle(findings, view.text):
                value = view.text[finding.start : finding.end]
                if finding.type == kinds.PERSON:
                    names.append(value)
                elif finding.type in kinds.CODES and _TOKEN.fullmatch(value) and len(value) > 3:
                    codes.add(value.lower())
        new_codes = codes - self._codes
        self._codes |= codes
        return self._known.add(names) or bool(new_codes)

    def _take(self, view: View, findings: list[Finding]) -> list[_Piece]:
        text = view.text
        denied = self._reader.denied(text)
        candidates = [
            *findings,
            *self._known.mentions(text),
            *self._repeated(findings, text),
            *self._given(text),
            *denied,
        ]
        allowed, hotlines = self._reader.allowed(text), self._reader.hotlines(text)
        taken: list[Finding] = []
        for finding in settle(candidates, text):
            if _says_nothing(finding, text):
                continue
            if self._is_kept(finding, text, allowed):
                self._kept_spans.add(view.to_source(finding.start, finding.end))
                taken += cut(self._in_spite(finding, candidates, text), [(finding.start, finding.end)])
            else:
                taken += without([finding], hotlines) if finding.type != kinds.DENIED else [finding]
        taken = [trimmed for finding in taken if (trimmed := trim(finding, text))]
        return [piece for finding in taken for piece in self._split(view, finding)]

    def _in_spite(self, kept: Finding, candidates: Iterable[Finding], text: str) -> list[Finding]:
        """What goes although it stands in text of a kept kind: what is denied, and data of other kinds.

        A URL that is kept may hold an e-mail address, and a code that is kept may be a card number.
        """
        is_kept_kind = self._reader.action(kept.type) == "keep"
        inside = [
            finding
            for finding in candidates
            if finding.type == kinds.DENIED
            or (
                is_kept_kind
                and _outweighs(finding, kept, text)
                and self._reader.action(finding.type) != "keep"
            )
        ]
        return settle(
            (finding for finding in inside if finding.start < kept.end and kept.start < finding.end), text
        )

    def _repeated(self, findings: Iterable[Finding], text: str) -> list[Finding]:
        if not self._codes:
            return []
        spans = {(finding.start, finding.end) for finding in findings}
        return [
            Finding.at(match.span(), kinds.REFERENCE_CODE, 0.5)
            for match in _TOKEN.finditer(text)
            if match.group().lower() in self._codes and match.span() not in spans
        ]

    def _given(self, text: str) -> list[Finding]:
        spans = phrases.occurrences(self._given_names, text)
        return [Finding.at(span, kinds.PERSON, _CERTAIN) for span in spans]

    def _is_kept(self, finding: Finding, text: str, allowed: Sequence[tuple[int, int]]) -> bool:
        if finding.type == kinds.DENIED:
            return self._reader.action(finding.type) == "keep"
        if any(start <= finding.start and finding.end <= end for start, end in allowed):
            return True
        if self._reader.action(finding.type) == "keep":
            return True
        return finding.type == kinds.PERSON and self._is_agent(text[finding.start : finding.end])

    def _is_agent(self, value: str) -> bool:
        """Whether a name is an agent's that the policy keeps; one that a customer shares is not."""
        parts = parts_of(value)
        return bool(parts) and all(
            _is_among(part, self._kept) and not _is_among(part, self._not_kept) for part in parts
        )

    def _split(self, view: View, finding: Finding) -> list[_Piece]:
        """The pieces of a finding: one per turn, and none where something has been taken out before."""
        start, end = view.to_source(finding.start, finding.end)
        parts = self._stream.pieces(start, end)
        if len(parts) > 1:
            # What the other side says while a number is told is no part of it.
            parts = [
                part for part in parts if not is_bridge(self._stream.turns[part.turn][part.start : part.end])
            ]
        return [
            _Piece(first, last, finding.type, start, self._replacement(finding.type, first, last))
            for part in parts
            for first, last in self._untouched(
                self._stream.offset(part.turn, part.start), self._stream.offset(part.turn, part.end)
            )
        ]

    def _replacement(self, kind: str, start: int, end: int) -> str | None:
        """What replaces a piece; ``None`` for a placeholder, whose number is not known yet."""
        action = self._reader.action(kind)
        if action == "mask":
            return str(_NOT_SPACE.sub(MASK, self._stream.text[start:end]))
        return "" if action == "drop" else None

    def _untouched(self, start: int, end: int) -> list[tuple[int, int]]:
        """The parts of a span in which nothing has been taken out; text that was dropped can lie inside."""
        parts: list[tuple[int, int]] = []
        index = max(bisect_right(self._pieces, start, key=lambda piece: piece.start) - 1, 0)
        while index < len(self._pieces) and self._pieces[index].start < end:
            piece = self._pieces[index]
            if piece.start > start:
                parts.append((start, piece.start))
            start = max(start, piece.end)
            index += 1
        return [*parts, (start, end)] if start < end else parts

    def _around(self, pieces: Iterable[_Piece]) -> list[tuple[int, int]]:
        """The turns whose surroundings have changed, with enough before and after them to be context."""
        ranges: list[list[int]] = []
        for turn in sorted({self._stream.turn_at(piece.start) for piece in pieces}):
            first, last = self._reach(turn, -1), self._reach(turn, 1)
            if ranges and first <= ranges[-1][1] + 1:
                ranges[-1][1] = last
            else:
                ranges.append([first, last])
        return [self._stream.span_of_turns(first, last) for first, last in ranges]

    def _reach(self, turn: int, step: int) -> int:
        """The last turn, going back or on, that a change in ``turn`` may concern: some turns and words on.

        Turns of a word or two are no context for a network that looks at words.
        """
        words = 0
        for turns in count():
            enough = turns >= _CONTEXT_TURNS and words >= _CONTEXT_WORDS
            if enough or not 0 <= turn + step < len(self._stream.turns):
                return turn
            turn += step
            words += self._words_left(turn)
        return turn

    def _words_left(self, turn: int) -> int:
        """How many words of a turn are not taken out, the end of the turn counted as one."""
        start, end = self._stream.span_of_turns(turn, turn)
        return 1 + sum(
            len(self._stream.text[first:last].split()) for first, last in self._untouched(start, end)
        )


def _outweighs(finding: Finding, kept: Finding, text: str) -> bool:
    """Whether what is known of a text forbids to keep it; all of a number must be a card or the like."""
    if any(map(str.isalpha, text[kept.start : kept.end])):
        return finding.score > VOTE and finding.type not in kinds.FALLBACK
    return finding.type in _GRAVE and finding.start <= kept.start and finding.end >= kept.end


def _says_nothing(finding: Finding, text: str) -> bool:
    """Whether a finding is no more than the "um" or "or" that a number left when others took its digits."""
    content = text[finding.start : finding.end]
    if finding.type in kinds.FALLBACK:
        return not any(character.isdigit() for character in content) and not any(numerals(content))
    return finding.type != kinds.PERSON and is_bridge(content)


def _disjoint(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _parts_of_all(names: Iterable[str]) -> list[Part]:
    return [part for name in names for part in parts_of(name)]


def _is_among(part: Part, parts: Iterable[Part]) -> bool:
    return any(part.matches(other) for other in parts)


def _plain(text: str) -> str:
    return View(text, spelling_edits(text)).text


def _written(stream: Stream, pieces: Sequence[_Piece]) -> tuple[tuple[str, ...], tuple[Entity, ...]]:
    """The turns with the pieces replaced, and the entities."""
    values: dict[tuple[int, str], str] = {}
    for piece in pieces:
        key = (piece.group, piece.type)
        values[key] = f"{values.get(key, '')} {_plain(stream.text[piece.start : piece.end])}".strip()
    names = [value for (_, kind), value in values.items() if kind == kinds.PERSON]
    edits = combine([piece.edit() for piece in pieces], spelling_edits(stream.text))
    numbering = Numbering((stream.text, View(stream.text, edits).text), names)
    entities: list[Entity] = []
    turns = [""] * len(stream.turns)
    at = [0] * len(stream.turns)
    for piece in pieces:
        turn = stream.turn_at(piece.start)
        base = stream.offset(turn, 0)
        value = values[piece.group, piece.type]
        new = numbering.placeholder(piece.type, value) if piece.new is None else piece.new
        turns[turn] += stream.turns[turn][at[turn] : piece.start - base] + new
        at[turn] = piece.end - base
        entities.append(Entity(turn, piece.start - base, piece.end - base, piece.type, new))
    return tuple(text + stream.turns[turn][at[turn] :] for turn, text in enumerate(turns)), tuple(entities)
