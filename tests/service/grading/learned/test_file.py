import base64
import gzip
import hashlib
import io
import json
import pickle
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.grading.learned.file import FORMAT, MAX_BYTES, InvalidLearnedModels
from service.grading.learned.models import LearnedModels
from tests.service.grading.learned.corpora import conversations


class Planted:
    """Would raise the moment anything unpickled it."""

    def __reduce__(self):
        return exec, ("raise SystemExit('unpickled')",)


def zipped(size: int) -> bytes:
    """A small file that would be large when unpacked."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("weights.npy", b"\0" * size)
    return file.getvalue()


def signed(content: object) -> bytes:
    """A file whose digest is right, whatever is in it."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return b"%s %s\n%s" % (FORMAT, hashlib.sha256(body).hexdigest().encode(), body)


def content_of(models: LearnedModels) -> dict:
    return json.loads(models.to_bytes().split(b"\n", 1)[1])


def changed(models: LearnedModels, path: str, value: object) -> bytes:
    """The file with one value in it replaced, under a digest that is right."""
    content = content_of(models)
    *steps, last = path.split("/")
    at = content
    for step in steps:
        at = at[step]
    at[last] = value
    return signed(content)


def floats(*numbers: float) -> str:
    import numpy as np

    return base64.b64encode(np.array(numbers, dtype="<f4").tobytes()).decode()


def test_predictions_after_a_round_trip_are_identical(models):
    again = LearnedModels.from_bytes(models.to_bytes())
    for turns in conversations(12, seed=9)[0]:
        assert again.predict(turns) == models.predict(turns)
    assert again.to_bytes() == models.to_bytes()
    assert again.digest == models.digest


def test_no_word_of_a_single_conversation_and_no_digit_is_kept(models):
    turns, _ = conversations(90)
    text = [" ".join(turn.text for turn in one) for one in turns]
    ngrams = [ngram for of in content_of(models)["ngrams"].values() for ngram in of]
    assert not any(character.isdigit() for ngram in ngrams for character in ngram)
    words = [ngram for ngram in content_of(models)["ngrams"]["customer words"] if ngram.isalpha()]
    assert min(sum(word in one.lower() for one in text) for word in words) >= 3


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "this is no file of learned models"),
        (b"\0" * 1000, "this is no file of learned models"),
        (pickle.dumps(Planted()), "this is no file of learned models"),
        (gzip.compress(b"0" * 10_000_000), "this is no file of learned models"),
        (zipped(50_000_000), "this is no file of learned models"),
        (b"qalibrate-learned@2 0\n{}", "this version reads qalibrate-learned@1, not qalibrate-learned@2"),
        (b"qalibrate-learned@\xff 0\n{}", "this version reads qalibrate-learned@1"),
        (FORMAT + b" 0\n{}", "damaged or cut off"),
        (FORMAT, "damaged or cut off"),
        (b"x" * (MAX_BYTES + 1), "32,000,000 may be"),
    ],
    ids=["empty", "zeros", "pickle", "gzip", "zip bomb", "newer", "odd", "digest", "name only", "huge"],
)
def test_what_is_no_file_of_models_is_refused_with_a_sentence(data, said):
    with pytest.raises(InvalidLearnedModels) as caught:
        LearnedModels.from_bytes(data)
    assert said in caught.value.detail


@pytest.mark.parametrize("body", [b"", b"null", b"[" * 100_000, b"{", b'{"formula": 1}', b'"\xff"'])
def test_a_signed_file_of_anything_else_is_refused(body):
    with pytest.raises(InvalidLearnedModels):
        LearnedModels.from_bytes(signed(body))


@pytest.mark.parametrize("cut", [1, 100, 5_000])
def test_a_truncated_file_is_refused(models, cut):
    with pytest.raises(InvalidLearnedModels, match="damaged or cut off"):
        LearnedModels.from_bytes(models.to_bytes()[:-cut])


@given(data=st.data())
def test_a_file_with_any_byte_changed_is_refused(models, data):
    file = bytearray(models.to_bytes())
    at = data.draw(st.integers(0, len(file) - 1))
    file[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidLearnedModels):
        LearnedModels.from_bytes(bytes(file))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("formula", 99, "by formula 99, this version by 1"),
        ("centre", "AAAA", "has 3 bytes"),
        ("centre", "no base64!", "not base64"),
        ("spread", floats(1, 1, 1, 1, 0), "above 0"),
        ("spread", floats(1, 1, 1, 1, float("nan")), "no number"),
        ("idf/agent words", "", "has 0 bytes"),
        ("ngrams/agent words", ["a", "a"], "missing or repeated"),
        ("ngrams/agent words", ["a" * 10_000], "at most 160 characters"),
        ("ngrams/agent words", ["a"] * 50_000, "at most 4000 items"),
        ("heads/warmth/line/weights", floats(1), "has 4 bytes"),
        ("heads/warmth/cutoffs", floats(2, 1), "out of order"),
        ("heads/warmth/cutoffs", floats(1, 1.5, 2), "3 cut-offs for 3 levels"),
        ("heads/warmth/residuals", "", "residuals or none"),
        ("heads/warmth/residuals", floats(*[0.0] * 500), "too many residuals"),
        ("heads/warm/residuals", floats(1), "residuals"),
        ("heads/tone/cutoffs", floats(0.5), "1 cut-offs for 3 levels"),
        ("heads/warmth/labels", 0, "greater than or equal to 1"),
        ("heads/warmth/scale/type", "choice", "strings"),
        ("heads/warmth/absence", {"weights": "", "intercepts": ""}, "has 0 bytes"),
        ("extra", 1, "there is no such key"),
    ],
)
def test_a_signed_file_that_contradicts_itself_is_refused(models, path, value, said):
    with pytest.raises(InvalidLearnedModels) as caught:
        LearnedModels.from_bytes(changed(models, path, value))
    assert said in caught.value.detail


def test_a_missing_block_is_refused(models):
    content = content_of(models)
    del content["ngrams"]["customer pieces"]
    with pytest.raises(InvalidLearnedModels, match="missing or repeated"):
        LearnedModels.from_bytes(signed(content))


@pytest.mark.parametrize("number", [3e38, -3e38, 1e-45])
@pytest.mark.parametrize("part", ["line", "idf", "residuals"])
def test_extreme_numbers_still_give_levels_of_the_scale_and_probabilities(models, part, number):
    content = content_of(models)
    head = content["heads"]["warmth"]
    if part == "line":
        head["line"]["weights"] = floats(*[number] * models.space.size)
    elif part == "residuals":
        head["residuals"] = floats(number)
    else:
        block = content["ngrams"]["agent words"]
        content["idf"]["agent words"] = floats(*[abs(number)] * len(block))
    said = LearnedModels.from_bytes(signed(content)).predict(conversations(3)[0][0])["warmth"]
    assert said.level in (1, 2, 3)
    assert 0 <= said.confidence <= 1
    assert sum(said.probabilities) == pytest.approx(1)
    assert 1 <= said.expected_level <= 3
