"""The journal of a run: what is in it stays, what is torn is done again."""

from datetime import UTC, datetime

import pytest

from evals.runs.journal import Journal, JournalHeader
from service.domain.errors import InvalidInput
from service.domain.run import RunConversation

HEADER = JournalHeader(
    created_at=datetime(2026, 1, 1, tzinfo=UTC), made_with={"scorecard": "a", "model": "m"}
)


def finished(number):
    return RunConversation(id=f"заказ-{number}", input_sha256="0" * 64, problem="x")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "run.json.part"
    journal = Journal(path, HEADER)
    for number in range(3):
        journal.add(finished(number))
    journal.close()
    return path


def test_a_journal_that_goes_on_knows_what_was_done_and_when_it_began(path):
    later = HEADER.model_copy(update={"created_at": datetime(2026, 2, 2, tzinfo=UTC)})
    journal = Journal(path, later)
    assert list(journal.done) == ["заказ-0", "заказ-1", "заказ-2"]
    assert journal.header == HEADER
    journal.close(remove=True)
    assert not path.exists()


@pytest.mark.parametrize("cut", [1, 5, 30])
def test_a_last_line_that_was_torn_is_done_again(path, cut):
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal(path, HEADER)
    assert list(journal.done) == ["заказ-0", "заказ-1"]
    journal.add(finished(2))
    journal.close()
    assert len(Journal(path, HEADER).done) == 3


def test_a_first_line_that_was_torn_is_no_journal_yet(path):
    path.write_bytes(path.read_bytes()[:10])
    assert Journal(path, HEADER).done == {}


def test_fresh_begins_anew(path):
    assert Journal(path, HEADER, fresh=True).done == {}


def test_what_differs_is_named(path):
    other = HEADER.model_copy(update={"made_with": {"scorecard": "b", "model": "m", "grader": "llm"}})
    with pytest.raises(InvalidInput, match=r"other settings \(scorecard, grader\)"):
        Journal(path, other)


@pytest.mark.parametrize("content", [b"notes of mine\n", b"{}\n", b"\xff\xfe\n", b"\n\n"])
def test_a_file_of_somebody_else_is_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="is no journal"):
        Journal(path, HEADER)
    assert path.read_bytes() == content


def test_a_line_in_the_middle_that_cannot_be_read_is_named(path):
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], b"{broken", *lines[2:]]))
    with pytest.raises(InvalidInput, match="line 2 cannot be read"):
        Journal(path, HEADER)


def test_a_folder_that_is_not_there_is_bad_input(tmp_path):
    with pytest.raises(InvalidInput, match="cannot be written"):
        Journal(tmp_path / "no" / "run.json.part", HEADER)


@pytest.mark.parametrize("fresh", [True, False])
def test_a_second_run_to_the_same_file_is_refused_and_harms_nothing(path, fresh):
    journal = Journal(path, HEADER)
    with pytest.raises(InvalidInput, match="in use by another run"):
        Journal(path, HEADER, fresh=fresh)
    journal.add(finished(3))
    journal.close()
    again = Journal(path, HEADER)
    assert len(again.done) == 4
    again.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_journal_that_was_refused_is_free_for_who_starts_over(path):
    other = JournalHeader(created_at=HEADER.created_at, made_with={"scorecard": "b", "model": "m"})
    with pytest.raises(InvalidInput, match="other settings"):
        Journal(path, other)
    Journal(path, other, fresh=True).close()
