"""What corrected means, maps, promises and tests are measured by: each function gives rows of one table.

Every cell has a generator of its own, seeded by the seed and the cell's name, so that no row depends on what
was measured before it.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from benchmarks.simulated_judges import (
    DISTANCE,
    GOOD,
    LEVELS,
    PEOPLE,
    Grades,
    draw,
    error,
    figures,
    joint,
    lowered,
    mapped,
    share_wrong,
)
from service.calibration.acceptance import certify, labels_needed, upper_bound
from service.calibration.arrays import Bools, Floats
from service.calibration.mapping import fit_score_map, nearest
from service.calibration.means import corrected_mean, labels_only, loo_weights
from service.calibration.permutation import sign_flip, sign_flip_family
from service.calibration.rates import corrected_rate, labels_only_rate
from service.calibration.reliability import fit_confidence_map
from service.calibration.sampling import equal
from service.domain.calibration import Corrected, ScoreMap

SIZES = (30, 100, 300)
UNLABELLED = 5_000
MEAN = float(PEOPLE @ LEVELS)
PASSING = 4
"""Yes/no questions of the simulation ask whether the level is at least this."""

MOVING = 1 / 3
"""How many grades move by a level from one run to the next though nothing changed."""


class Row(NamedTuple):
    """A figure and its mark; `at_least` says on which side it has to be. Without a mark: to compare."""

    name: str
    figure: float
    mark: float | None = None
    at_least: bool = True

    @property
    def verdict(self) -> str:
        """PASS, MISS, or nothing where there is no mark."""
        if self.mark is None:
            return ""
        met = self.figure >= self.mark if self.at_least else self.figure <= self.mark
        return "PASS" if met else "MISS"


Measure = Callable[[int, int], list[Row]]
"""Takes a seed and how often to repeat; gives rows."""


def formulas(seed: int, replicates: int) -> list[Row]:
    """The largest difference between formulas and the same worked out another way."""
    del replicates
    rng = _generator(seed, "formulas")
    worst = max(*_refitted_weights(rng), _inverted_bound(), _all_signs(rng))
    return [Row("formulas: largest difference from independent values", worst, 1e-9, at_least=False)]


def means(seed: int, replicates: int) -> list[Row]:
    """Coverage and width of the interval of a mean, labels drawn at random."""
    rows = []
    for n, covered, width in zip(SIZES, (0.935, 0.94, 0.94), (0.71, 0.68, 0.68), strict=True):
        rng = _generator(seed, f"mean {n}")
        pairs, plain = [], []
        for _ in range(replicates):
            grades = draw(joint(GOOD), n + UNLABELLED, rng)
            people, machine = grades.people[:n], grades.machine[:n]
            corrected = corrected_mean(people, machine, grades.machine[n:])
            pairs.append((corrected, labels_only(people)))
            plain.append(_plain_covers(grades.machine))
        rows += _interval_rows(f"mean, {n} labels", pairs, MEAN, (covered, width))
        rows.append(Row(f"mean, {n} labels: coverage of the machine's plain mean", float(np.mean(plain))))
    return rows


def audits(seed: int, replicates: int) -> list[Row]:
    """A mean from half a random core and half machine's low grades, with the probability of each label."""
    rows = []
    for n in (100, 300):
        rng = _generator(seed, f"audit {n}")
        weighed, unweighed = [], []
        for _ in range(replicates):
            grades = draw(joint(GOOD), n + UNLABELLED, rng)
            drawn, chance = _audit(grades.machine, n, rng)
            columns = grades.people[drawn], grades.machine[drawn], grades.machine[~drawn]
            weighed.append(corrected_mean(*columns, probability=chance[drawn]))
            unweighed.append(labels_only(columns[0]))
        name = f"stratified audit, {n} labels"
        rows += [
            Row(f"{name}: |bias|", abs(_bias(weighed, MEAN)), 0.01, at_least=False),
            Row(f"{name}: coverage", _coverage(weighed, MEAN), 0.93),
            Row(f"{name}: |bias| of plain labels", abs(_bias(unweighed, MEAN))),
            Row(f"{name}: coverage of plain labels", _coverage(unweighed, MEAN)),
        ]
    return rows


def rates(seed: int, replicates: int) -> list[Row]:
    """Coverage and width of the interval of a share of yes."""
    rows = []
    truth = float(PEOPLE[LEVELS >= PASSING].sum())
    for n in SIZES:
        rng = _generator(seed, f"rate {n}")
        pairs = []
        for _ in range(replicates):
            grades = draw(joint(GOOD), n + UNLABELLED, rng)
            people, machine = (grades.people >= PASSING) * 1.0, (grades.machine >= PASSING) * 1.0
            corrected = corrected_rate(people[:n], machine[:n], machine[n:])
            pairs.append((corrected, labels_only_rate(people[:n])))
        rows += _interval_rows(f"rate, {n} labels", pairs, truth, (0.93, 0.82))
    return rows


def maps(seed: int, replicates: int) -> list[Row]:
    """What the gated map does to a judge that is good and to one that is harsh."""
    rows = []
    for n in SIZES:
        before, (qwk, _) = (
            figures(joint(GOOD))[2],
            _after_mapping(seed, f"good {n}", joint(GOOD), n, replicates // 4),
        )
        rows.append(Row(f"map, good judge, {n} labels: QWK lost", before - qwk, 0.003, at_least=False))
    for n, gain, most in zip(SIZES, (0.04, 0.05, 0.06), (0.60, 0.54, 0.51), strict=True):
        qwk, mae = _after_mapping(seed, f"harsh {n}", lowered(-0.61), n, replicates // 4)
        name = f"map, harsh judge, {n} labels"
        rows += [
            Row(f"{name}: QWK won", qwk - figures(lowered(-0.61))[2], gain),
            Row(f"{name}: mean absolute error (was {error(lowered(-0.61)):.2f})", mae, most, at_least=False),
        ]
    for n in SIZES:
        judge = lowered(-0.30)
        qwk, mae = _after_mapping(seed, f"between {n}", judge, n, replicates // 4)
        name = f"map, judge in between (bias -.30), {n} labels"
        rows.append(Row(f"{name}: QWK lost", figures(judge)[2] - qwk))
        rows.append(Row(f"{name}: mean absolute error (was {error(judge):.2f})", mae))
    return rows


def acceptance(seed: int, replicates: int) -> list[Row]:
    """How often promises are broken, and how much they accept."""
    rows = []
    for n, wrong, risk in product(SIZES, LOSSES, (0.05, 0.10)):
        broken, share, naive = _promises(seed, n, wrong, risk, replicates // 2)
        name = f"auto-accept, {n} labels, ≤ {risk:.0%} {wrong}"
        rows.append(Row(f"{name}: broken", broken, 0.10, at_least=False))
        if (wrong, risk) == ("off by two", 0.10):
            mark = dict(zip(SIZES, (0.18, 0.35, 0.81), strict=True))[n]
            rows.append(Row(f"{name}: accepted", share, mark))
        if (wrong, risk) == ("pass flipped", 0.05):
            rows.append(Row(f"{name}: broken where the largest share that looks fine is taken", naive))
    rows += [_worst_promise(seed, n, risk, replicates // 2) for n, risk in product(SIZES, (0.05, 0.10))]
    return rows


def gate(seed: int, replicates: int) -> list[Row]:
    """False alarms and power of the sign-flip test on 100 conversations."""
    wanted = ((0.0, "false alarms", 0.06, False), (0.1, "power", 0.45, True), (0.2, "power", 0.90, True))
    rows = []
    for drop, what, mark, at_least in wanted:
        rng = _generator(seed, f"gate {drop}")
        chances = (MOVING / 2 + drop / 2, 1 - MOVING, MOVING / 2 - drop / 2)
        drawn = rng.choice((-1.0, 0.0, 1.0), (replicates // 2, 100), p=chances)
        alarms = [sign_flip(row, seed=k, flips=1_999).p_value <= 0.05 for k, row in enumerate(drawn)]
        rows.append(Row(f"gate, 100 conversations, drop {drop:.1f}: {what}", _share(alarms), mark, at_least))
    alarms = list(_family_alarms(_generator(seed, "family"), replicates // 8))
    name = "gate, 8 dimensions at once, nothing changed: any false alarm"
    return [*rows, Row(name, _share(alarms), 0.06, at_least=False)]


def repeated(seed: int, replicates: int) -> list[Row]:
    """Whether everything that draws numbers gives the same bytes for the same seed."""
    del replicates
    same = float(_everything(seed) == _everything(seed))
    return [Row("the same seed gives the same bytes (1: yes)", same, 1.0)]


MEASURES: tuple[Measure, ...] = (formulas, means, audits, rates, maps, acceptance, gate, repeated)

LOSSES: dict[str, Floats] = {
    "off by two": np.where(np.abs(DISTANCE) >= 2, 1.0, 0.0),
    "pass flipped": np.where((LEVELS[:, None] >= PASSING) != (LEVELS[None, :] >= PASSING), 1.0, 0.0),
    "inexact": np.where(DISTANCE != 0, 1.0, 0.0),
}
"""When a grade is wrong: 1 or 0 for each pair of levels."""


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def _share(events: Sequence[bool]) -> float:
    return float(np.mean(events)) if events else 0.0


def _coverage(estimates: Sequence[Corrected], truth: float) -> float:
    return _share([e.low is not None and e.high is not None and e.low <= truth <= e.high for e in estimates])


def _bias(estimates: Sequence[Corrected], truth: float) -> float:
    return float(np.mean([e.value for e in estimates if e.value is not None])) - truth


def _width(estimates: Sequence[Corrected]) -> float:
    return float(np.mean([e.high - e.low for e in estimates if e.low is not None and e.high is not None]))


def _interval_rows(
    name: str, pairs: Sequence[tuple[Corrected, Corrected]], truth: float, marks: tuple[float, float]
) -> list[Row]:
    corrected, alone = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    width = _width(corrected) / _width(alone)
    return [
        Row(f"{name}: coverage", _coverage(corrected, truth), marks[0]),
        Row(f"{name}: width, share of labels only", width, marks[1], at_least=False),
    ]


def _plain_covers(machine: Floats) -> bool:
    half = 1.96 * machine.std(ddof=1) / np.sqrt(len(machine))
    return bool(abs(machine.mean() - MEAN) <= half)


def _audit(machine: Floats, n: int, rng: np.random.Generator) -> tuple[Bools, Floats]:
    """Return who is drawn, and with which probability: n/2 of all, and n/2 of those graded 2 or lower."""
    low = np.flatnonzero(machine <= 2)
    core = rng.choice(len(machine), n // 2, replace=False)
    more = rng.choice(low, n // 2, replace=False)
    drawn = np.zeros(len(machine), dtype=np.bool_)
    drawn[np.concatenate([core, more])] = True
    missed = np.full(len(machine), 1 - len(core) / len(machine))
    missed[low] *= 1 - len(more) / len(low)
    return drawn, 1 - missed


def _after_mapping(seed: int, name: str, judge: Floats, n: int, replicates: int) -> tuple[float, float]:
    """Return mean kappa and mean absolute error over all grades after a map was fitted on `n` labels."""
    rng = _generator(seed, f"map {name}")
    results = []
    for one in range(max(1, replicates)):
        grades = draw(judge, n, rng)
        fitted = fit_score_map(LEVELS.tolist(), grades.machine, grades.people, seed=one)
        expected = np.array(fitted.expected) if isinstance(fitted, ScoreMap) else LEVELS
        table = mapped(judge, nearest(LEVELS, expected))
        results.append((figures(table)[2], error(table)))
    qwk, mae = np.mean(results, axis=0)
    return float(qwk), float(mae)


def _promises(seed: int, n: int, loss: str, risk: float, replicates: int) -> tuple[float, float, float]:
    """Return how often the promise is broken, the mean share accepted, and how often a naive one breaks."""
    rng = _generator(seed, f"accept {n} {loss} {risk}")
    broken, naive, shares = [], [], []
    for _ in range(replicates):
        grades = draw(joint(GOOD), n + UNLABELLED, rng)
        wrong = _is_wrong(grades, loss)[:n]
        labelled, others = grades.confidence[:n], grades.confidence[n:]
        certificate = certify(labelled, wrong, others, loss="off_by_two", risk=risk)
        shares.append(certificate.accepted_share)
        broken.append(_is_broken(certificate.threshold, loss, risk))
        naive.append(_is_broken(_looks_fine(labelled, wrong, risk), loss, risk))
    return _share(broken), float(np.mean(shares)), _share(naive)


def _is_wrong(grades: Grades, loss: str) -> Bools:
    rows, columns = (grades.people - 1).astype(int), (grades.machine - 1).astype(int)
    return np.asarray(LOSSES[loss][rows, columns] == 1)


def _is_broken(threshold: float | None, loss: str, risk: float) -> bool:
    return threshold is not None and share_wrong(joint(GOOD), LOSSES[loss], threshold) > risk


def _looks_fine(confidence: Floats, wrong: Bools, risk: float) -> float | None:
    """Return the lowest confidence above which no more than `risk` of the labelled grades were wrong."""
    order = np.argsort(-confidence)
    fine = np.flatnonzero(np.cumsum(wrong[order]) <= risk * np.arange(1, len(order) + 1))
    return float(confidence[order][fine[-1]]) if len(fine) else None


def _worst_promise(seed: int, n: int, risk: float, replicates: int) -> Row:
    """A confidence that knows nothing, and grades that are wrong a hair more often than promised."""
    rng = _generator(seed, f"worst {n} {risk}")
    accepted = []
    for _ in range(replicates):
        confidence, wrong = rng.random(n), rng.random(n) < risk + 1e-6
        certificate = certify(confidence, wrong, rng.random(UNLABELLED), loss="differs", risk=risk)
        accepted.append(certificate.threshold is not None)
    name = f"auto-accept, {n} labels, ≤ {risk:.0%}, the worst case: broken"
    return Row(name, _share(accepted), 0.10, at_least=False)


def _family_alarms(rng: np.random.Generator, replicates: int) -> Iterator[bool]:
    """Eight dimensions whose grades move together in half of the conversations, and do not change at all."""
    for one in range(max(1, replicates)):
        alike = rng.choice((-1.0, 0.0, 1.0), (100, 1), p=(MOVING / 2, 1 - MOVING, MOVING / 2))
        alone = rng.choice((-1.0, 0.0, 1.0), (100, 8), p=(MOVING / 2, 1 - MOVING, MOVING / 2))
        family = sign_flip_family(np.where(rng.random((100, 8)) < 0.5, alike, alone), seed=one, flips=1_999)
        yield min(test.adjusted for test in family) <= 0.05


def _refitted_weights(rng: np.random.Generator) -> list[float]:
    """Weights left out by formula against weights fitted n times."""
    grades = draw(joint(GOOD), 40, rng)
    by_formula = loo_weights(grades.people, grades.machine, equal(40))
    refitted = [_slope(np.delete(grades.people, i), np.delete(grades.machine, i)) for i in range(40)]
    return [float(difference) for difference in np.abs(by_formula - refitted)]


def _slope(people: Floats, machine: Floats) -> float:
    return float(np.polynomial.polynomial.polyfit(machine, people, 1)[1])


def _inverted_bound() -> float:
    """The bound by Beta quantiles against the binomial tail that defines it."""
    from scipy import stats

    cells = [(wrong, n) for n in (22, 45, 100) for wrong in (0, 1, 5)]
    tails = [stats.binom.cdf(wrong, n, upper_bound(wrong, n, 0.1)) - 0.1 for wrong, n in cells]
    needed = [abs(labels_needed(0, 0.10, 0.10) - 22), abs(labels_needed(0, 0.05, 0.10) - 45)]
    return float(max(*np.abs(tails), *needed))


def _all_signs(rng: np.random.Generator) -> float:
    """The exact test against every flip written out."""
    differences = rng.normal(-0.3, 1.0, 9)
    sums = [float(np.dot(signs, differences)) for signs in product((-1, 1), repeat=9)]
    share = np.mean([total <= differences.sum() + 1e-9 for total in sums])
    return abs(sign_flip(differences).p_value - float(share))


def _everything(seed: int) -> bytes:
    grades = draw(joint(GOOD), 400, _generator(seed, "bytes"))
    people, machine, confidence = grades.people[:100], grades.machine[:100], grades.confidence[:100]
    near = np.abs(people - machine) <= 1
    chance = np.where(machine <= 2, 0.5, 0.1)
    fitted = (
        fit_score_map(LEVELS.tolist(), machine, people, seed=seed),
        fit_confidence_map(confidence, near, seed=seed),
        certify(confidence, ~near, grades.confidence, loss="off_by_two", probability=chance, seed=seed),
        corrected_mean(people, machine, grades.machine[100:], probability=chance),
        sign_flip(machine - people, seed=seed),
    )
    return b"\n".join(_bytes_of(one) for one in fitted)


def _bytes_of(one: object) -> bytes:
    dump = getattr(one, "model_dump_json", None)
    return str(dump() if dump is not None else one).encode()
