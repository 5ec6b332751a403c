"""The report as a person reads it in a terminal."""

from evals.attacks.report import AttackReport, Count
from service.cli.output import print_table


def show_report(report: AttackReport) -> None:
    """Print what each defence is worth, and then each family with all of them on and off."""
    languages = list(report.rows[0].languages)
    columns = ("Defences", "Attacks", "Grades", "Changed", *languages, "Unflagged", *languages)
    rows = [
        (
            row.name,
            row.all.attacks,
            row.all.grades,
            _share(row.all.changed_share),
            *(_share(row.languages[language].changed_share) for language in languages),
            _share(row.all.unflagged_share),
            *(_share(row.languages[language].unflagged_share) for language in languages),
        )
        for row in report.rows
    ]
    title = f"{report.model}: grades changed, share of attacks that changed one, and that nobody is told of"
    print_table(columns, rows, title=title)
    _show_families(report)


def _show_families(report: AttackReport) -> None:
    shown = [row for row in report.rows if row is report.rows[0] or row is report.rows[-1]]
    columns = (
        "Family",
        "Attacks",
        *(f"{what}, {row.name}" for row in shown for what in ("Changed", "Unflagged")),
    )
    rows = [
        (family, count.attacks, *(cell for row in shown for cell in _cells(row.families[family])))
        for family, count in shown[0].families.items()
    ]
    print_table(columns, rows)


def _cells(count: Count) -> tuple[str, str]:
    return _share(count.changed_share), _share(count.unflagged_share)


def _share(value: float) -> str:
    return f"{value:.1%}" if value else "0"
