"""Files that are written whole or not at all."""

import pytest

from service.atomic import write_atomically


def test_a_file_is_replaced_and_its_line_ends_stay(tmp_path):
    path = tmp_path / "файл.txt"
    path.write_text("old")
    write_atomically(path, "one\r\ntwo\n")
    assert path.read_bytes() == b"one\r\ntwo\n"
    assert [file.name for file in tmp_path.iterdir()] == ["файл.txt"]


def test_a_file_that_cannot_be_written_stays_as_it_was_and_nothing_is_left_behind(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "half \ud800")
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_name_as_long_as_names_may_be_can_be_written(tmp_path):
    path = tmp_path / ("x" * 255)
    write_atomically(path, "text")
    assert path.read_text() == "text"
