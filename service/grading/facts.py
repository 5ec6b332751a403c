"""The facts of a contact in a model's answer: their schema, and what of them is proved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

from service.domain.base import storable
from service.domain.facts import ContactFacts, FactName, KindOfRequest, Resolved, Urgency
from service.domain.grade import Evidence
from service.domain.scorecard import About
from service.grading.answer import read_claims
from service.grading.evidence import EvidenceCheck
from service.grading.problem import RejectedQuote
from service.grading.verdict import check_quotes

MOST_ITEMS = 10
"""Promises, likes and wishes that are taken each; a longer list is no summary."""


class _Rule(NamedTuple):
    """Which values a fact may have (none: free text), whether there are several, whose words prove it."""

    values: tuple[str, ...] = ()
    many: bool = False
    about: About = "conversation"


_RULES: dict[FactName, _Rule] = {
    "kind": _Rule(get_args(KindOfRequest)),
    "urgency": _Rule(get_args(Urgency)),
    "resolved": _Rule(get_args(Resolved)),
    "outcome": _Rule(),
    "agent_promises": _Rule(many=True, about="agent"),
    "customer_liked": _Rule(many=True, about="customer"),
    "customer_asked_for": _Rule(many=True, about="customer"),
}
FACT_NAMES: tuple[FactName, ...] = tuple(_RULES)


@dataclass(frozen=True, slots=True)
class FactProblem:
    """A fact whose quotes failed, or which has none."""

    name: FactName
    quotes: tuple[RejectedQuote, ...] = ()


@dataclass
class FactsWork:
    """What is known of the facts while one conversation is graded."""

    answered: bool = False
    proved: dict[FactName, Any] = field(default_factory=dict)
    problems: list[FactProblem] = field(default_factory=list)

    def take(self, given: Mapping[str, Any] | None, asked: Iterable[FactName], check: EvidenceCheck) -> None:
        """Note what an answer says on the facts `asked`. What it leaves out stays as it is: in a first answer
        not said, in a second one as open as before. What was proved once is not taken away again.
        """
        if given is None:
            return
        self.answered = True
        for name in asked:
            if name in given:
                self._take_one(name, given[name], check)

    def _take_one(self, name: FactName, raw: object, check: EvidenceCheck) -> None:
        value, rejected = _read(raw, _RULES[name], check)
        known = self.proved.get(name)
        self.proved[name] = _joined(known, value) if _RULES[name].many else (value or known)
        self.problems = [problem for problem in self.problems if problem.name != name]
        if rejected is not None:
            self.problems.append(FactProblem(name, tuple(rejected)))

    @property
    def result(self) -> ContactFacts | None:
        """The facts that are proved, or None when the model gave none at all."""
        if not self.answered:
            return None
        known = {name: value for name, value in self.proved.items() if value}
        return ContactFacts.model_validate(
            {**known, "unproved": tuple(problem.name for problem in self.problems)}
        )


def facts_schema(names: Iterable[FactName]) -> dict[str, Any]:
    """Return the properties of the facts `names`; each may be null, or a list may be empty."""
    return {name: _schema(name) for name in names}


def _schema(name: FactName) -> dict[str, Any]:
    rule = _RULES[name]
    if rule.many:
        return {"type": "array", "items": {"$ref": "#/$defs/stated"}}
    if not rule.values:
        return {"anyOf": [{"$ref": "#/$defs/stated"}, {"type": "null"}]}
    value = {"type": "string", "enum": list(rule.values)}
    return {"anyOf": [_proved({"value": value}), {"type": "null"}]}


def stated_definition() -> dict[str, Any]:
    """Return what `#/$defs/stated` stands for: a sentence with its quotes."""
    return _proved({"text": {"type": "string"}})


def _proved(properties: dict[str, Any]) -> dict[str, Any]:
    properties = {"evidence": {"$ref": "#/$defs/any_quotes"}, **properties}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _read(raw: object, rule: _Rule, check: EvidenceCheck) -> tuple[Any, list[RejectedQuote] | None]:
    """Return what is proved of a fact and, if something of it is not, its rejected quotes."""
    if not rule.many:
        return _read_one(raw, rule, check)
    if raw is not None and not isinstance(raw, list):
        return [], []
    items = raw[:MOST_ITEMS] if isinstance(raw, list) else []
    read = [_read_one(item, rule, check) for item in items]
    failed = [rejected for _, rejected in read if rejected is not None]
    kept = [value for value, _ in read if value is not None]
    return kept, [quote for rejected in failed for quote in rejected] if failed else None


def _read_one(
    raw: object, rule: _Rule, check: EvidenceCheck
) -> tuple[dict[str, Any] | None, list[RejectedQuote] | None]:
    key = "value" if rule.values else "text"
    value = raw.get(key) if isinstance(raw, dict) else None
    if raw is None or (isinstance(raw, dict) and key in raw and value is None):
        return None, None
    if not isinstance(raw, dict):
        return None, []
    usable = isinstance(value, str) and (value in rule.values if rule.values else value.strip() != "")
    evidence, rejected = check_quotes(read_claims(raw.get("evidence")), rule.about, check)
    if not usable or rejected or not evidence:
        return None, rejected
    return {key: storable(str(value).strip()), "evidence": _distinct(evidence)}, None


def _joined(known: list[dict[str, Any]] | None, more: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what both lists hold, in order, each text once."""
    return list({item["text"]: item for item in (*(known or ()), *more)}.values())[:MOST_ITEMS]


def _distinct(evidence: Iterable[Evidence]) -> list[Evidence]:
    return list({(piece.turn, piece.start, piece.end): piece for piece in evidence}.values())
