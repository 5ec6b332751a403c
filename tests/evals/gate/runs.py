"""Runs made up for tests: one card, any levels, any labels."""

from datetime import UTC, datetime

from service.domain.evaluation import Evaluation, Provenance, RedactedTurn, RedactionSummary, ScorecardRef
from service.domain.grade import Evidence, Grade, NotApplicable, Ungraded, UngradedReason, Verdict
from service.domain.label import Label
from service.domain.run import Run, RunConversation
from service.domain.score import score
from service.domain.scorecard import Dimension, Level, Scale, Scorecard, ScorecardRevision, Section

WHEN = datetime(2026, 11, 2, tzinfo=UTC)


def ordinal(name, *, levels=5, weight=1.0):
    made = tuple(
        Level(level=number, points=(number - 1) / (levels - 1), anchor=f"Level {number}.")
        for number in range(1, levels + 1)
    )
    return Dimension(
        id=name,
        title=name.title(),
        question="How well does the agent do it?",
        weight=weight,
        not_applicable="Nothing to do.",
        scale=Scale(type="ordinal", levels=made),
    )


def yes_no(name, *, weight=1.0):
    levels = (
        Level(level="no", points=0.0, anchor="Did not."),
        Level(level="yes", points=1.0, anchor="Did."),
    )
    scale = Scale(type="yes_no", levels=levels)
    return Dimension(id=name, title=name.title(), question="Does the agent?", weight=weight, scale=scale)


def card(*dimensions, pass_mark=60.0, name="card"):
    section = Section(id="all", title="All", dimensions=dimensions or (ordinal("help"),))
    return Scorecard(
        name=name,
        title="A card",
        language="en",
        languages=("en",),
        pass_mark=pass_mark,
        sections=(section,),
    )


def grade(dimension, answer, *, rationale="Because.", quote="I will help", confidence=None, grader="llm"):
    evidence = (Evidence(turn=0, speaker="agent", quote=quote, start=0, end=len(quote)),)
    if answer is None:
        outcome = Ungraded(reason=UngradedReason.NO_EVIDENCE)
    elif answer == "na":
        outcome = NotApplicable(reason="nothing came up")
    else:
        outcome = Verdict(level=answer, rationale=rationale, evidence=evidence)
    return Grade.of(dimension, "all", outcome, grader).model_copy(update={"confidence": confidence})


def evaluation(content, answers, number=0, *, model="m-1", grader="llm", **said):
    grades = tuple(
        grade(dimension, answers[dimension.id], grader=grader, **said)
        for dimension in content.dimensions
        if dimension.id in answers
    )
    return Evaluation(
        id=f"e-{number}",
        status="completed",
        scorecard=ScorecardRef(name=content.name, revision=1),
        language="en",
        created_at=WHEN,
        score=score(content, grades),
        grades=grades,
        redaction=RedactionSummary(entities={}, policy="default", version="3"),
        provenance=Provenance(grader=grader, redactor="3", prompt="grade@2", model=model),
        turns=(RedactedTurn(speaker="agent", text=said.get("quote", "I will help")),),
    )


def conversation(name, evaluations=(), labels=(), floors=None, digest=None, problem=None):
    """`labels` are (dimension, level) or (dimension, level, rater); they are blind."""
    made = tuple(
        Label(dimension=dimension, level=level, rater=rest[0] if rest else "r1", blind=True)
        for dimension, level, *rest in labels
    )
    return RunConversation(
        id=name,
        input_sha256=digest or f"digest of {name}",
        labels=made,
        floors=floors or {},
        evaluations=tuple(evaluations),
        problem=problem,
    )


def run(conversations, content=None, *, dataset="d", revision=1, repeats=1, grader="llm", left_out=0):
    return Run(
        created_at=WHEN,
        version="0.1",
        dataset="set.jsonl",
        dataset_sha256=dataset,
        scorecard=ScorecardRevision(scorecard=content or card(), revision=revision),
        grader=grader,
        repeats=repeats,
        conversations=tuple(conversations),
        left_out=left_out,
    )


def simple(answers, people, *, model="m-1", content=None, **more):
    """A run on the first dimension of a card: what was answered, and what people said (None: no label)."""
    content = content or card()
    first = next(content.dimensions).id
    made = []
    for number, (answer, said) in enumerate(zip(answers, people, strict=True)):
        each = answer if isinstance(answer, tuple) else (answer,)
        evaluations = [evaluation(content, {first: one}, number, model=model, **more) for one in each]
        labels = [] if said is None else [(first, said)]
        made.append(conversation(f"c{number:03}", evaluations, labels))
    return run(made, content)
