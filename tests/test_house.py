"""The marks that the sources are held to: small functions, documented, and tests that seldom patch."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("service", "redaction", "prompts", "evals", "benchmarks")
PATCHES = ("monkeypatch.setattr", "mock.patch", "MagicMock", "mocker.")


def sources() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, text: list[str]) -> int:
    """Lines of the body that hold code: no blank ones, no comments, no docstring."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    lines = text[body[0].lineno - 1 : function.end_lineno]
    return sum(1 for line in lines if line.strip() and not line.strip().startswith("#"))


def test_functions_are_small():
    lengths = []
    for path in sources():
        text = path.read_text("utf-8")
        lengths += [code_lines(function, text.splitlines()) for function in functions(ast.parse(text))]
    assert statistics.median(lengths) <= 10
    assert statistics.quantiles(lengths, n=10)[-1] <= 30


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_and_every_public_name_says_what_it_is_for(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree) is not None
    named = (*functions(tree), *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)))
    public = [node for node in tree.body if node in named and not node.name.startswith("_")]
    members = [
        member
        for node in public
        if isinstance(node, ast.ClassDef)
        for member in functions(ast.Module(node.body, []))
        if not member.name.startswith("_")
    ]
    silent = [node.name for node in (*public, *members) if ast.get_docstring(node) is None]
    # A function within a function is a detail of it.
    nested = {inner.name for outer in functions(tree) for inner in functions(outer) if inner is not outer}
    assert set(silent) - nested == set()


def test_few_tests_patch():
    tests = patching = 0
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text("utf-8")
        for function in functions(ast.parse(text)):
            if function.name.startswith("test_"):
                tests += 1
                patching += any(patch in (ast.get_source_segment(text, function) or "") for patch in PATCHES)
    assert patching / tests < 0.05


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_locked_dependencies_have_hashes_and_no_addresses(name):
    text = (ROOT / name).read_text("utf-8")
    assert "://" not in text
    assert "index-url" not in text
    pinned = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
    assert pinned
    assert all(line.endswith("\\") for line in pinned), "a line without hashes"
