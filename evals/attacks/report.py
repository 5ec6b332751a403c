"""Adds up what attacks did, by defences, language and family."""

from collections.abc import Callable, Iterable, Sequence
from typing import get_args

from evals.attacks.attack import Family
from evals.attacks.measure import NAMES, Result
from service.domain.base import Model
from service.domain.transcript import Language


class Count(Model):
    """How many attacks there were, how many changed a grade, how many of those nobody is told of, and how
    many grades were changed altogether.
    """

    attacks: int
    changed: int
    unflagged: int
    grades: int

    @property
    def changed_share(self) -> float:
        """Share of the attacks that changed a grade, 0 to 1."""
        return self.changed / self.attacks if self.attacks else 0.0

    @property
    def unflagged_share(self) -> float:
        """Share of the attacks that changed a grade without a flag, 0 to 1."""
        return self.unflagged / self.attacks if self.attacks else 0.0


class Row(Model):
    """What the attacks did with some defences off."""

    name: str
    off: tuple[str, ...]
    all: Count
    languages: dict[str, Count]
    families: dict[str, Count]
    unflagged_attacks: tuple[str, ...]


class AttackReport(Model):
    """All rows for one model."""

    model: str
    rows: tuple[Row, ...]

    @property
    def got_through(self) -> tuple[str, ...]:
        """The attacks that changed a grade unnoticed although every defence was on."""
        return next((row.unflagged_attacks for row in self.rows if not row.off), ())


class Setting(Model):
    """Some defences off, and what that is called."""

    name: str
    off: tuple[str, ...]


def every_setting() -> list[Setting]:
    """Return: all on, each one off, each one alone, all off."""
    return [
        Setting(name="all on", off=()),
        *(Setting(name=f"without {name}", off=(name,)) for name in NAMES),
        *(Setting(name=f"{name} alone", off=tuple(n for n in NAMES if n != name)) for name in NAMES),
        Setting(name="all off", off=NAMES),
    ]


def chosen_settings(off: Sequence[str]) -> list[Setting]:
    """Return: all on, and the one with the defences `off` off, where there are any."""
    chosen = Setting(name=f"without {', '.join(off)}", off=tuple(off))
    return [Setting(name="all on", off=()), *([chosen] if off else [])]


def make_row(setting: Setting, results: Iterable[Result]) -> Row:
    """Return the sums of `results`."""
    done = list(results)
    return Row(
        name=setting.name,
        off=setting.off,
        all=_count(done),
        languages=_by(get_args(Language), done, lambda result: result.attack.language),
        families=_by(get_args(Family), done, lambda result: result.attack.family),
        unflagged_attacks=tuple(r.attack.id for r in done if r.changed and not r.flagged),
    )


def _by(names: Sequence[str], results: Sequence[Result], of: Callable[[Result], str]) -> dict[str, Count]:
    groups = {name: [result for result in results if of(result) == name] for name in names}
    return {name: _count(group) for name, group in groups.items() if group}


def _count(results: Sequence[Result]) -> Count:
    changed = [result for result in results if result.changed]
    unflagged = sum(not result.flagged for result in changed)
    grades = sum(result.grades for result in results)
    return Count(attacks=len(results), changed=len(changed), unflagged=unflagged, grades=grades)
