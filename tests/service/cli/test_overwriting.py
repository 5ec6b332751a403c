"""What is read is not written over."""

import os
from pathlib import Path

import pytest

from service.cli.overwriting import refuse_overwriting
from service.domain.errors import InvalidInput


@pytest.fixture
def there(tmp_path):
    path = tmp_path / "run.json"
    path.write_text("{}")
    return path


def test_an_output_that_is_an_input_is_refused_under_whatever_name(there, tmp_path):
    (tmp_path / "folder").mkdir()
    os.link(there, tmp_path / "hard.json")
    (tmp_path / "soft.json").symlink_to(there)
    for name in ("run.json", "folder/../run.json", "hard.json", "soft.json"):
        with pytest.raises(InvalidInput, match="is also read, and would be overwritten"):
            refuse_overwriting([there], {"--out": tmp_path / name})


def test_two_outputs_of_one_name_are_refused_before_the_file_is_there(tmp_path):
    with pytest.raises(InvalidInput, match=r"--html.* is the same file as that of --out"):
        refuse_overwriting([], {"--out": tmp_path / "a.json", "--html": tmp_path / "b" / ".." / "a.json"})


def test_other_files_devices_and_what_was_not_asked_for_are_fine(there, tmp_path):
    null = Path(os.devnull)
    refuse_overwriting([there, None], {"--out": tmp_path / "new.json", "--junit": null, "--html": null})
    refuse_overwriting([there, tmp_path / "gone"], {"--out": None, "--csv": tmp_path / "gone"})
