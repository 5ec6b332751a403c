"""Calibration sessions: opening one, its sheets, answers, closing, and what it showed."""

import asyncio
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from service.domain.audit import AuditAction, AuditEntry
from service.domain.errors import Conflict, FieldProblem, Gone, InvalidInput, NotFound, NotThisRater
from service.domain.evaluation import Evaluation, ScorecardRef
from service.domain.keys import ApiKey
from service.domain.label import ConversationLabel, StoredLabel
from service.domain.levels import OffTheScale, level_on
from service.domain.person import person_key
from service.domain.scorecard import Dimension, LevelValue, Scorecard
from service.domain.session import (
    Answer,
    AnswersRequest,
    OpenedSession,
    Session,
    SessionLabels,
    SessionRequest,
    SessionResults,
    Sheet,
    SheetConversation,
    SheetLevel,
    SheetQuestion,
    StoredAnswer,
)
from service.domain.submission import EvaluationFilter
from service.formats.label_fields import GivenLabel
from service.grading.conditions import asked_only_when
from service.storage.database import Database
from service.storage.sessions import Question
from service.storage.transaction import Transaction
from service.usecases.cursors import cursor_of, read_cursor
from service.usecases.labels_checking import LabelCheck
from service.usecases.labels_remarks import Remarks
from service.usecases.labels_weighing import weigh_labels
from service.usecases.words import RedactWords


class SessionPage(NamedTuple):
    """Part of a list, and where the next part starts (None at the end)."""

    items: Sequence[Session]
    next_cursor: str | None


Seen = set[Question]
"""Who had seen the grade of which dimension of which evaluation; people by `person_key`."""


class Sessions:
    """The calibration sessions of a tenant."""

    def __init__(self, database: Database, redact: RedactWords) -> None:
        self._database = database
        self._redact = redact

    async def open(self, key: ApiKey, request: SessionRequest) -> OpenedSession:
        """Open a session. Raises InvalidInput unless the evaluations are completed, of different
        conversations, and on one revision of one scorecard.
        """
        # It outlives what it may speak of: conversations that are erased stay part of their session.
        (name,) = await self._redact(key.tenant, None, [request.name])
        return await asyncio.to_thread(self._add, key, request, name or "")

    def _add(self, key: ApiKey, request: SessionRequest, name: str) -> OpenedSession:
        now = datetime.now(UTC)
        with self._database.begin(key.tenant) as tx:
            evaluations = _chosen(tx, request.evaluations)
            card = evaluations[0].scorecard
            questions = len(list(_card(tx, card).dimensions)) * len(evaluations)
            session = Session(
                id=uuid.uuid4().hex,
                name=name,
                state="open",
                scorecard=card,
                evaluations=tuple(one.id for one in evaluations),
                raters=request.raters,
                expert=request.expert,
                due_at=request.due,
                created_at=now,
                questions=questions,
            )
            tokens = {one: secrets.token_urlsafe(24) for one in session.people}
            tx.sessions.add(session, {one: _digest(token) for one, token in tokens.items()})
            _note(tx, key, "session.opened", session, now)
            shown = _shown(tx, [session], now)[0]
            return OpenedSession(tokens=tokens, **shown.model_dump())

    def get(self, tenant: str, session_id: str) -> Session:
        """Return one session, and how far everybody is. Raises NotFound."""
        with self._database.begin(tenant) as tx:
            return _shown(tx, [_known(tx.sessions.get(session_id), session_id)], datetime.now(UTC))[0]

    def list(self, tenant: str, cursor: str | None, limit: int) -> SessionPage:
        """Return a page of sessions, newest first. Raises InvalidInput for a cursor that is not ours."""
        after, now = read_cursor(cursor) if cursor else None, datetime.now(UTC)
        with self._database.begin(tenant) as tx:
            found = tx.sessions.list(after, limit + 1)
            items = _shown(tx, found[:limit], now)
        last = found[limit - 1] if len(found) > limit else None
        return SessionPage(items, cursor_of(last.created_at, last.id) if last else None)

    def sheet(self, tenant: str, session_id: str, rater: str | None, token: str | None) -> Sheet:
        """Return what one person has to grade, with their own answers. Raises NotFound, InvalidInput for
        somebody who takes no part, and NotThisRater without their token.
        """
        with self._database.begin(tenant) as tx:
            session = _known(tx.sessions.get(session_id), session_id)
            person = session.person(rater or "")
            if person is None:
                raise InvalidInput([FieldProblem("/rater", f"say whose sheet: {', '.join(session.people)}")])
            _check_token(tx, session, person, token)
            card = _card(tx, session.scorecard)
            mine = tx.sessions.answers(session_id, person)
            return Sheet(
                session=session_id,
                rater=person,
                state=session.state,
                questions=tuple(_question(d, card.section_of[d.id]) for d in card.dimensions),
                conversations=tuple(_on_sheet(one, mine) for one in _kept(tx, session, turns=True)),
            )

    async def answer(
        self, key: ApiKey, session_id: str, request: AnswersRequest, token: str | None
    ) -> Session:
        """Append one person's answers, all or none. Raises NotFound, InvalidInput, NotThisRater without their
        token, Gone about what was erased, and Conflict when the session is closed.
        """
        await asyncio.to_thread(self._check, key.tenant, session_id, request, token)
        rationales = [one.rationale for one in request.answers]
        redacted = await self._redact(key.tenant, None, rationales)
        answers = [
            one.model_copy(update={"rationale": text})
            for one, text in zip(request.answers, redacted, strict=True)
        ]
        return await asyncio.to_thread(self._answer, key, session_id, request.rater, answers)

    def close(self, key: ApiKey, session_id: str) -> SessionResults:
        """Close a session: its answers become labels, and its results can be seen.

        Closing it again changes nothing. Raises NotFound.
        """
        now = datetime.now(UTC)
        with self._database.begin(key.tenant) as tx:
            session = _known(tx.sessions.lock(session_id), session_id)
            if session.state == "open":
                tx.sessions.close(session, _store_labels(tx, session, now), now)
                _note(tx, key, "session.closed", session, now)
        return self.results(key.tenant, session_id)

    def results(self, tenant: str, session_id: str) -> SessionResults:
        """Return what a closed session showed. Raises NotFound, and Conflict while it is open: what others
        think would be seen before everybody has answered.
        """
        # Imported here: numpy is slow to load.
        from service.usecases.session_results import results_of

        with self._database.begin(tenant) as tx:
            session = _known(tx.sessions.get(session_id), session_id)
            if session.state == "open":
                raise Conflict("the session is open: answers are shown to nobody before it is closed")
            (shown,) = _shown(tx, [session], datetime.now(UTC))
            card, answers = _card(tx, session.scorecard), tx.sessions.answers(session_id)
            labels = tx.sessions.labels_of(session_id)
            evaluations = list(_kept(tx, session, turns=False))
        found = results_of(shown, card, evaluations, answers)
        return found.model_copy(update={"labels": labels})

    def _check(self, tenant: str, session_id: str, request: AnswersRequest, token: str | None) -> None:
        with self._database.begin(tenant) as tx:
            session = _known(tx.sessions.get(session_id), session_id)
            _check_token(tx, session, _taking_part(session, request.rater), token)
            answers = _by_id(tx, _open(session), request.answers)
            _checked(session, _card(tx, session.scorecard), answers)

    def _answer(self, key: ApiKey, session_id: str, rater: str, answers: Sequence[Answer]) -> Session:
        now = datetime.now(UTC)
        with self._database.begin(key.tenant) as tx:
            session = _open(_known(tx.sessions.lock(session_id), session_id))
            person = _taking_part(session, rater)
            card, answers = _card(tx, session.scorecard), _by_id(tx, session, answers)
            levels = _checked(session, card, answers)
            for one in {answer.evaluation for answer in answers}:
                # Raises Gone: what is said of a conversation that was erased would stay.
                tx.evaluations.get(one)
            new = [
                StoredAnswer(
                    **one.model_dump(exclude={"level"}),
                    level=level,
                    id=uuid.uuid4().hex,
                    rater=person,
                    at=now,
                )
                for one, level in zip(answers, levels, strict=True)
            ]
            tx.sessions.answer(session_id, new)
            _note(tx, key, "session.answered", session, now, answers=len(new))
            return _shown(tx, [session], now)[0]


def _chosen(tx: Transaction, names: Sequence[str]) -> list[Evaluation]:
    """Return the evaluations of a session. Raises InvalidInput naming what is in the way."""
    found: list[Evaluation] = []
    problems: list[FieldProblem] = []
    for place, name in enumerate(names):
        try:
            found.append(_one(tx, name, found))
        except InvalidInput as error:
            problems += [p._replace(pointer=f"/evaluations/{place}") for p in error.problems]
    if problems:
        raise InvalidInput(problems)
    return found


def _one(tx: Transaction, name: str, before: Sequence[Evaluation]) -> Evaluation:
    """Return the evaluation with this id, or the newest completed one of the conversation called so."""
    completed = EvaluationFilter(external_id=name, status="completed")
    found = _maybe(tx, name, turns=False) or next(iter(tx.evaluations.list(completed, None, 1)), None)
    if found is None or found.status != "completed":
        raise _wrong("", f"there is no completed evaluation {name!r}")
    if any(found.id == one.id for one in before):
        raise _wrong("", f"{name!r} is named twice")
    if found.external_id is not None and any(found.external_id == one.external_id for one in before):
        raise _wrong("", f"{name!r} is of a conversation that is in the session already")
    if before and found.scorecard != before[0].scorecard:
        said, other = found.scorecard, before[0].scorecard
        problem = f"it is on {said.name}@{said.revision}, the first one on {other.name}@{other.revision}"
        raise _wrong("", problem)
    return found


def _maybe(tx: Transaction, evaluation_id: str, *, turns: bool) -> Evaluation | None:
    try:
        return tx.evaluations.get(evaluation_id, turns=turns)
    except Gone:
        return None


def _kept(tx: Transaction, session: Session, *, turns: bool) -> Iterator[Evaluation]:
    """Yield the session's evaluations that were not erased meanwhile."""
    for one in session.evaluations:
        found = _maybe(tx, one, turns=turns)
        if found is not None:
            yield found


def _card(tx: Transaction, of: ScorecardRef) -> Scorecard:
    card = tx.scorecards.get(of.name, of.revision)
    if card is None:
        raise LookupError(f"scorecard {of.name}@{of.revision} is not stored")
    return card.scorecard


def _known(session: Session | None, session_id: str) -> Session:
    if session is None:
        raise NotFound("calibration session", session_id)
    return session


def _open(session: Session) -> Session:
    if session.state != "open":
        raise Conflict("the session is closed: its answers stand")
    return session


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _check_token(tx: Transaction, session: Session, person: str, token: str | None) -> None:
    wanted = tx.sessions.token_of(session.id, person)
    if wanted is None or not hmac.compare_digest(wanted, _digest(token or "")):
        raise NotThisRater


def _taking_part(session: Session, rater: str) -> str:
    person = session.person(rater)
    if person is None:
        raise _wrong("rater", f"{rater!r} takes no part in this session")
    return person


def _shown(tx: Transaction, sessions: Sequence[Session], now: datetime) -> list[Session]:
    done = tx.sessions.answered([one.id for one in sessions])
    return [
        one.model_copy(
            update={
                "answered": {name: done[one.id][name] for name in one.people},
                "overdue": one.state == "open" and one.due_at is not None and one.due_at < now,
            }
        )
        for one in sessions
    ]


def _by_id(tx: Transaction, session: Session, answers: Sequence[Answer]) -> Sequence[Answer]:
    """Return answers that name evaluations by their ids, where some name conversations by external_id."""
    if all(one.evaluation in session.evaluations for one in answers):
        return answers
    called = {one.external_id: one.id for one in _kept(tx, session, turns=False) if one.external_id}
    return [
        one.model_copy(update={"evaluation": called.get(one.evaluation, one.evaluation)}) for one in answers
    ]


def _checked(session: Session, card: Scorecard, answers: Sequence[Answer]) -> list[LevelValue]:
    """Return the levels on their scales. Raises InvalidInput naming all that cannot be stored."""
    asked = {dimension.id: dimension for dimension in card.dimensions}
    levels, problems = [], []
    before: set[tuple[str, str]] = set()
    for place, one in enumerate(answers):
        try:
            if (one.evaluation, one.dimension) in before:
                raise _wrong("dimension", f"{one.dimension!r} of {one.evaluation!r} is answered before")
            before.add((one.evaluation, one.dimension))
            levels.append(_level(session, asked, one))
        except InvalidInput as error:
            problems += [p._replace(pointer=f"/answers/{place}{p.pointer}") for p in error.problems]
    if problems:
        raise InvalidInput(problems)
    return levels


def _level(session: Session, asked: dict[str, Dimension], answer: Answer) -> LevelValue:
    if answer.evaluation not in session.evaluations:
        raise _wrong("evaluation", f"{answer.evaluation!r} is not in this session")
    if answer.dimension not in asked:
        raise _wrong("dimension", f"there is no {answer.dimension!r}; there are: {', '.join(asked)}")
    try:
        return level_on(asked[answer.dimension], answer.level)
    except OffTheScale as error:
        raise _wrong("level", str(error)) from None


def _wrong(field: str, detail: str) -> InvalidInput:
    return InvalidInput([FieldProblem(f"/{field}", detail)])


def _question(dimension: Dimension, section: str) -> SheetQuestion:
    return SheetQuestion(
        dimension=dimension.id,
        section=section,
        title=dimension.title,
        question=dimension.question,
        guidance=dimension.guidance,
        about=dimension.about,
        not_applicable=dimension.not_applicable,
        asked_only_when=asked_only_when(dimension.ask_when) if dimension.ask_when else None,
        levels=tuple(
            SheetLevel(level=one.level, label=one.label, anchor=one.anchor) for one in dimension.scale.levels
        ),
    )


def _on_sheet(evaluation: Evaluation, answers: Sequence[StoredAnswer]) -> SheetConversation:
    mine = [one for one in answers if one.evaluation == evaluation.id]
    return SheetConversation(
        evaluation=evaluation.id,
        language=evaluation.language,
        turns=evaluation.turns or (),
        answers=tuple(Answer(**one.model_dump(include=set(Answer.model_fields))) for one in mine),
    )


def _store_labels(tx: Transaction, session: Session, now: datetime) -> SessionLabels:
    """Store the answers as labels that were given blind, except by who had seen the grade before.

    One that was given blind before stays: what the same person says with the grade in sight is worth less.
    """
    kept = {one.id: one for one in _kept(tx, session, turns=False)}
    answers = [one for one in tx.sessions.answers(session.id) if one.evaluation in kept]
    saw = _who_saw(tx, kept)
    seen = {_question_of(one) for one in answers if _asked(one) in saw}
    tx.sessions.mark_blind(session.id, seen)
    given = [GivenLabel(row, _label(session, one, saw)) for row, one in enumerate(answers, 1)]
    before = _given_blind(tx, session, kept)
    told = [one for one, answer in zip(given, answers, strict=True) if _asked(answer) not in saw & before]
    check = LabelCheck(tx, told, now, Remarks(), replace=True)
    labels = [one for one in map(check, told) if isinstance(one, StoredLabel)]
    new = [one for one in labels if not one.earlier]
    tx.labels.add(new)
    for one in labels:
        if one.earlier:
            tx.labels.replace(one)
    for name in sorted(check.planned):
        weigh_labels(tx, name)
    return SessionLabels(
        stored=len(new),
        replaced=len(labels) - len(new),
        known=len(given) - len(labels),
        seen=len(seen),
    )


def _question_of(answer: StoredAnswer) -> Question:
    return answer.evaluation, answer.dimension, answer.rater


def _asked(answer: StoredAnswer) -> Question:
    return answer.evaluation, answer.dimension, person_key(answer.rater)


def _who_saw(tx: Transaction, evaluations: Mapping[str, Evaluation]) -> Seen:
    """Return who had seen which grade: by reviews, which show it at the latest when they are stored, by
    labels, or in a session that is closed.
    """
    reviewed = (review for one in evaluations for review in tx.reviews.history(one))
    saw = {(review.evaluation, review.dimension, person_key(review.by)) for review in reviewed}
    for of, label in _labels_of(tx, evaluations):
        if label.blind is False:
            saw.add((of, label.dimension, person_key(label.rater)))
    for earlier in tx.sessions.closed_about(evaluations):
        for one in set(earlier.evaluations) & evaluations.keys():
            dimensions = [grade.dimension for grade in evaluations[one].grades]
            saw |= {(one, name, person_key(rater)) for name in dimensions for rater in earlier.people}
    return saw


def _given_blind(tx: Transaction, session: Session, evaluations: Mapping[str, Evaluation]) -> Seen:
    """Return who has labelled which grade without seeing it, on this scorecard."""
    return {
        (of, label.dimension, person_key(label.rater))
        for of, label in _labels_of(tx, evaluations)
        if label.blind is not False
        and (label.scorecard or session.scorecard.name).partition("@")[0] == session.scorecard.name
    }


def _labels_of(tx: Transaction, evaluations: Mapping[str, Evaluation]) -> Iterator[tuple[str, StoredLabel]]:
    called = {one.external_id: one.id for one in evaluations.values() if one.external_id is not None}
    for label in tx.labels.of(called, evaluations):
        yield called.get(label.conversation or "", label.evaluation or ""), label


def _label(session: Session, answer: StoredAnswer, saw: Seen) -> ConversationLabel:
    return ConversationLabel(
        evaluation=answer.evaluation,
        dimension=answer.dimension,
        rater=answer.rater,
        level=answer.level,
        rationale=answer.rationale,
        blind=_asked(answer) not in saw,
        scorecard=f"{session.scorecard.name}@{session.scorecard.revision}",
        created_at=answer.at,
    )


def _note(
    tx: Transaction, key: ApiKey, action: AuditAction, session: Session, now: datetime, **counts: int
) -> None:
    counted = counts or {"evaluations": len(session.evaluations), "people": len(session.people)}
    tx.audit.add(AuditEntry(at=now, actor=key.id, action=action, subject=session.id, details={**counted}))
