"""The judgement as one HTML file: no script, nothing from elsewhere, no word of strangers that acts."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from evals.gate.judgement import Flip, Judgement
from evals.gate.reports import cells, plots, words
from service.cli.output import printable

_FLIPS_SHOWN = 300
_GROUPS = (
    ("farther", "Farther from people than before"),
    (None, "Nobody labelled these: better or worse cannot be said"),
    ("as far", "As far from people as before"),
    ("nearer", "Nearer to people than before"),
)


def html(judgement: Judgement) -> str:
    """Return the document."""
    comparison = judgement.comparison
    base = comparison.base if comparison else None
    style = _source("report.css.txt")
    return _template().render(
        judgement=judgement,
        comparison=comparison,
        report=judgement.new,
        base=base,
        style=Markup(style),  # noqa: S704 - our own file
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        distances=plots.distance_plot(comparison) if comparison else None,
        agreement=plots.agreement_plot(judgement.new, base),
        diagrams=plots.diagrams(judgement.new.reliability),
        groups=_groups(comparison.flips[:_FLIPS_SHOWN] if comparison else ()),
        flips_left=max(0, len(comparison.flips) - _FLIPS_SHOWN) if comparison else 0,
        power=list(words.power_sentences(comparison)) if comparison else [],
        words=words,
        cells=cells,
        matrix=plots.matrix,
    )


def _groups(flips: Sequence[Flip]) -> list[tuple[str, list[Flip]]]:
    groups = [(title, [flip for flip in flips if flip.effect == effect]) for effect, title in _GROUPS]
    return [(title, found) for title, found in groups if found]


@cache
def _template() -> Template:
    loader = DictLoader({"report": _source("report.jinja")})
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters["cells_of_test"] = cells.test_cells
    environment.filters["cells_of_threshold"] = cells.threshold_cells
    return environment.get_template("report")


def _printable(value: object) -> object:
    """Escaping leaves control characters and turns of the writing direction as they are."""
    return printable(value) if type(value) is str else value


def _source(name: str) -> str:
    return (resources.files("evals.gate.reports") / name).read_text("utf-8")
