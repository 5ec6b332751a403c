"""The door to the rules: Presidio and spaCy take a second to import, so they wait for the first text."""

from redaction.spans import Finding


def analyze(text: str) -> list[Finding]:
    """Everything the rules take for personal data in ``text``; findings may overlap."""
    from redaction.analyzer import analyze

    return analyze(text)


def load(language: str) -> None:
    """Load the rules of a supported language now instead of at the first text that needs them."""
    from redaction.analyzer import load

    load(language)
