"""`python -m evals.example`: composes the set again."""

from pathlib import Path

from evals.example.make import lines

FOLDER = Path(__file__).parent


def main() -> None:
    """Write `conversations.jsonl`, byte for byte the same each time."""
    (FOLDER / "conversations.jsonl").write_text("".join(f"{line}\n" for line in lines()), "utf-8")


if __name__ == "__main__":
    main()
