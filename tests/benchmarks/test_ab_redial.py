import csv

import pytest

from benchmarks import ab_redial
from benchmarks.ab_redial import DIMENSIONS, SECTIONS, against_others, read, show_ceiling, show_severity

HEADER = ("ConvId", "utterance0", "utterance1", *(dimension.id for dimension in DIMENSIONS))
# Invented, in the shape of the corpus.
SAID = ("SYSTEM\tGood evening.", "USER\tGood evening, a comedy please.")
ELSE = ("SYSTEM\tHello there.", "USER\tSomething sad.")
LINES = [
    ("B2", *SAID, "3.0", "2.0", "1.0", "1.0", "5.0"),
    ("A1", *SAID, "3.0", "2.0", "1.0", "1.0", "5.0"),
    ("A1", *SAID, "2.0", "", "0.0", "0.0", "4.0"),
    ("A1", *ELSE, "1.0", "1.0", "3.0", "1.0", "1.0"),
]


def rows(lines=LINES):
    return [dict(zip(HEADER, line, strict=True)) for line in lines]


def many(n=24):
    """Dialogues of which three people think differently."""
    return read(
        {"ConvId": f"d{k:02}", "utterance0": SAID[0], "utterance1": SAID[1]}
        | {
            dimension.id: str(
                float((k * (r + 2) + len(dimension.id)) % (2 if "eff" in dimension.id else 3) + 1)
            )
            if dimension.scale.type == "ordinal"
            else str(float((k + r) % 2))
            for dimension in DIMENSIONS
        }
        for k in range(n)
        for r in range(3)
    )


def test_dialogues_that_share_an_id_are_told_apart_by_their_text():
    dialogues = read(rows())
    assert [one.id for one in dialogues] == ["A1", "A1#2", "B2"]
    assert dialogues[0].turns == (("SYSTEM", "Good evening."), ("USER", "Good evening, a comedy please."))


def test_the_row_in_a_dialogue_is_the_rater_and_an_empty_cell_no_label():
    first = read(rows())[0]
    task, efficiency = DIMENSIONS[1], DIMENSIONS[3]
    assert [(one.rater, one.level) for one in first.on(task)] == [("1", 2)]
    assert [(one.rater, one.level) for one in first.on(efficiency)] == [("1", "yes"), ("2", "no")]


def test_every_figure_is_equal_to_the_independent_one(capsys):
    dialogues = many()
    assert show_ceiling(dialogues)
    assert show_severity(dialogues)
    printed = capsys.readouterr().out
    assert "DIFFERS" not in printed
    assert "the file names nobody" in printed


def test_every_section_prints(capsys):
    assert all(section(many()) for section in SECTIONS)
    assert "one person" in capsys.readouterr().out


def test_a_machine_that_says_what_the_others_say_agrees_with_them_fully():
    dialogues, overall = many(), DIMENSIONS[-1]
    row = against_others(
        overall, dialogues, "echo", lambda rater, one: ab_redial.others_say(overall, one, rater)
    )
    assert row[:2] == ("dialogue-overall", "echo")
    assert row[3:] == ("1.000", "1.000", "1.000", "0.000")


def test_a_folder_without_the_file_is_said(capsys, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        ab_redial.main([str(tmp_path)])
    assert stopped.value.code == 2
    assert "There is no" in capsys.readouterr().err


def test_the_corpus_as_it_is_agrees_with_the_independent_figures(capsys):
    path = ab_redial.DATA / ab_redial.FILE
    if not path.is_file():
        pytest.skip(f"{path} is not on this machine")
    with path.open(encoding="utf-8", newline="") as file:
        dialogues = read(csv.DictReader(file))
    assert len(dialogues) == 200
    assert show_ceiling(dialogues)
    assert show_severity(dialogues)
