from hypothesis import given
from hypothesis import strategies as st

from service.formats.ndjson import Line, Lines


def cut(pieces: list[bytes], longest: int = 1000) -> list[Line]:
    lines = Lines(longest)
    found = [line for piece in pieces for line in lines.feed(piece)]
    return found + list(lines.finish())


@given(st.lists(st.sampled_from([b"{}", b"[1]", b"", b" ", b"x\r"]), max_size=8), st.data())
def test_lines_are_the_same_wherever_the_pieces_end(lines, data):
    body = b"\n".join(lines)
    ends = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=5)))
    pieces = [body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True)]
    expected = [Line(n, text.strip()) for n, text in enumerate(lines, 1) if text.strip()]
    assert cut(pieces) == expected


def test_a_line_that_is_too_long_is_skipped_without_being_kept():
    lines = Lines(10)
    assert list(lines.feed(b"ok\n" + b"x" * 9)) == [Line(1, b"ok")]
    for _ in range(1000):
        assert list(lines.feed(b"x" * 1000)) == []
        assert len(lines._begun) <= 10
    assert list(lines.feed(b"\nfine")) == [Line(2, None)]
    assert list(lines.finish()) == [Line(3, b"fine")]


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_a_line():
    assert cut([b"\xef\xbb\xbf{}\r\n{}\r\n"]) == [Line(1, b"{}"), Line(2, b"{}")]
