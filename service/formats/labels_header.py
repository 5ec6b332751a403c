"""What the columns of a table of labels are.

A table is wide when it has neither a column for the dimension nor one for the level. Its columns that are no
field of a label are dimensions then; one named `<dimension>_comment` holds the rationale.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import NamedTuple

from service.formats.label_fields import ALIASES, field_of

MOST_COLUMNS = 500

MISSPELT = 0.8
"""How alike (0 to 1, difflib) a column and a dimension are where one is taken for the other misspelt."""

FOR_RATERS = ("asked", "allowed")
"""Columns of a plan's table that only people read: the question, and the answers that it takes."""

_COMMENT = re.compile(r"(.+?)_(?:comments?|rationale|notes?|reason|explanation)")


class Expected(NamedTuple):
    """The dimensions that a wide table may have, none: any; `gone` are those that only earlier revisions of
    the scorecard had, each with the last one: `name@3`.
    """

    dimensions: Collection[str]
    gone: Mapping[str, str] = MappingProxyType({})


ANY = Expected(())


class Layout(NamedTuple):
    """A name for each column, empty where it is not read; `comments` are columns by their dimension.

    `graded` are the dimensions of a wide table, `unread` columns as they are written, `mistakes` columns that
    look like a dimension and are not read, each with a sentence.
    """

    names: list[str]
    unread: list[str]
    long: bool
    graded: tuple[str, ...] = ()
    comments: Mapping[str, str] = MappingProxyType({})
    mistakes: tuple[tuple[str, str], ...] = ()


def wrong_with(header: list[str]) -> str | None:
    """Return why a table with these columns cannot be read, None when it can."""
    if len(header) > MOST_COLUMNS:
        return f"the table has {len(header)} columns; at most {MOST_COLUMNS} are read"
    fields = [field for field in _chosen(header) if field]
    twice = sorted({field for field in fields if fields.count(field) > 1})
    names = [name for name in header if name]
    if not fields:
        return f"the first line has to name the columns; a label has: {', '.join(ALIASES)}"
    if twice:
        return f"more than one column is for: {', '.join(twice)}; leave one out, or rename it"
    if len(set(names)) != len(names):
        return "two columns have the same name"
    if not {"conversation", "evaluation"} & set(fields):
        return "no column says which conversation; name one conversation (its external_id) or evaluation"
    return None


def layout_of(header: list[str], expected: Expected = ANY) -> Layout:
    """Return how rows under a header are read that nothing is wrong with."""
    fields = _chosen(header)
    if not {"dimension", "level"} & set(fields):
        return _wide(header, fields, expected)
    read = {*FOR_RATERS, ""}
    unread = [name for name, field in zip(header, fields, strict=True) if not field and name not in read]
    return Layout(fields, unread, long=True)


def _chosen(header: list[str]) -> list[str]:
    """Return the field of each column, empty for none. `id` is the conversation where nothing else is."""
    fields = [field_of(name) or "" for name in header]
    if not {"conversation", "evaluation"} & set(fields):
        fields = [
            "conversation" if name.casefold() == "id" else f for name, f in zip(header, fields, strict=True)
        ]
    return fields


def _wide(header: list[str], fields: list[str], expected: Expected) -> Layout:
    known = expected.dimensions
    # A dimension may have a hyphen in its id; a column that is written like it is that one.
    own = [plain if (plain := name.casefold()) in known else _slug(name) for name in header]
    free = [name for name, field in zip(own, fields, strict=True) if name and not field]
    graded = tuple(name for name in free if (name in known if known else not _comment_on(name, free)))
    spoken = {name: base for name in free if (base := _comment_on(name, graded))}
    read = {*graded, *spoken}
    names = [field or (name if name in read else "") for name, field in zip(own, fields, strict=True)]
    unread = [name for name, used in zip(header, names, strict=True) if name and not used]
    mistakes = tuple(_mistakes(unread, graded, expected))
    if not graded:
        mistakes = (("", _no_dimension(mistakes, expected)),)
    return Layout(names, unread, False, graded, {base: name for name, base in spoken.items()}, mistakes)


def _slug(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.casefold())


def _comment_on(name: str, dimensions: Collection[str]) -> str | None:
    match = _COMMENT.fullmatch(name)
    return match[1] if match and match[1] in dimensions else None


def _mistakes(unread: list[str], graded: Collection[str], expected: Expected) -> Iterator[tuple[str, str]]:
    """Yield unread columns that look like a dimension that no column is read for."""
    missing = [one for one in expected.dimensions if one not in graded]
    for name in unread:
        slug = _slug(name)
        whose = next((one for one in missing if slug.startswith((f"{one}_", f"{_slug(one)}_"))), None)
        close = get_close_matches(slug[:80], missing, n=1, cutoff=MISSPELT)
        if slug in expected.gone:
            revision = expected.gone[slug]
            yield name, f"{revision} was the last revision that had it; it was not read"
        elif close and close[0] != whose:
            yield name, f"this is no dimension and was not read; did you mean {close[0]!r}?"
        elif whose:
            yield name, f"this is no dimension and was not read; {whose!r} is one: write one row per rater"


def _no_dimension(mistakes: Collection[tuple[str, str]], expected: Expected) -> str:
    if not expected.dimensions:
        return "there is neither a column for dimension and level, nor one for a dimension"
    hints = "".join(f"; {name}: {said}" for name, said in list(mistakes)[:5])
    return f"no column is a dimension of the scorecard, which has: {', '.join(expected.dimensions)}{hints}"
