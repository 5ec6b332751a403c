"""The safety net: whatever is mixed, no long run of digits leaves; what is harmless by name does."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redaction import Policy, Redactor, Segment
from redaction.safety_net import LEAST_DIGITS, leftovers
from tests.redaction.digit_strategies import Told, told_numbers

LEAST_AFTER_A_QUESTION = 4

# Each word with the digits it stands for and the zeros at its end that the next word may fill.
WORDS = {
    "en": {"one": (1, 0), "seven": (1, 0), "oh": (1, 0), "zero": (1, 0), "eleven": (2, 0), "forty": (2, 1),
           "twenty": (2, 1)},
    "ru": {"один": (1, 0), "семью": (1, 0), "ноль": (1, 0), "двенадцать": (2, 0), "сорок": (2, 1),
           "девяносто": (2, 1), "триста": (3, 2)},
    "zh": {"零": (1, 0), "幺": (1, 0), "七": (1, 0), "两": (1, 0), "九": (1, 0)},
}  # fmt: skip
BETWEEN = {
    "en": ["um", "uh", "mhm", "okay", "got it", "so", "no sorry", "\nmhm\n", "\nokay\n", "\n", "one moment"],
    "ru": ["э-э", "ну", "угу", "так", "ой нет", "\nда\n", "\nугу\n", "\n", "дальше"],
    "zh": ["嗯", "呃", "那个", "\n好的\n", "\n嗯\n", "\n", "不对", "等一下"],
}
RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def _is_year(figures: str) -> bool:
    return len(figures) == 4 and figures[:2] in ("18", "19", "20")


@st.composite
def told(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A language and turns in which numbers are told in words and figures with all that comes between."""
    language = draw(st.sampled_from(sorted(WORDS)))
    figures = st.text("0123456789", min_size=1, max_size=5).filter(lambda text: not _is_year(text))
    number = st.sampled_from(sorted(WORDS[language])) | figures
    parts = draw(st.lists(number | number | st.sampled_from(BETWEEN[language]), min_size=4, max_size=30))
    return language, " ".join(parts).split("\n")


def _longest_run(language: str, turns: tuple[str, ...]) -> int:
    """The most digits that are left between two placeholders, counted by the table above."""
    longest = run = room = 0
    for word in " ".join(turns).replace("one moment", "").replace("等一下", "").split():
        digits, zeros = WORDS[language].get(word, (len(word) if word.isdigit() else 0, 0))
        if word.startswith("<"):
            run = room = 0
        elif digits:
            run += 0 if word in WORDS[language] and digits <= room and word not in ("oh", "zero") else digits
            room = zeros
            longest = max(longest, run)
    return longest


@RELAXED
@given(told())
def test_no_long_run_of_digits_leaves_whatever_is_mixed(case: tuple[str, list[str]]) -> None:
    language, turns = case
    result = Redactor().redact([Segment("customer", turn) for turn in turns], language)
    assert _longest_run(language, result.turns) < LEAST_DIGITS


@RELAXED
@given(told())
def test_the_net_alone_catches_what_no_rule_has_taken(case: tuple[str, list[str]]) -> None:
    language, turns = case
    text = "\n".join(turns)
    for start, end in reversed(list(leftovers(text))):
        text = f"{text[:start]} <X> {text[end:]}"
    assert _longest_run(language, tuple(text.split("\n"))) < LEAST_DIGITS


@RELAXED
@given(told())
def test_told_numbers_are_redacted_once_and_for_all(case: tuple[str, list[str]]) -> None:
    language, turns = case
    once = Redactor().redact([Segment("customer", turn) for turn in turns], language)
    again = Redactor().redact([Segment("customer", turn) for turn in once.turns], language)
    assert again.turns == once.turns


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(told_numbers())
def test_no_seven_digits_in_a_row_leave_in_any_script_or_disguise(told: Told) -> None:
    assert told.longest_run_left(Redactor().redact(told.segments(), "en")) < LEAST_DIGITS


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("what is your card number", "en"),
        ("and the last digits of your social security number please", "en"),
        ("назовите номер карты", "ru"),
        ("请问您的卡号是多少", "zh"),
    ],
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_four_digits_in_a_row_leave_after_a_question_for_them(
    question: str, language: str, data: st.DataObject
) -> None:
    told = data.draw(told_numbers(f"{question}\n"))
    assert told.longest_run_left(Redactor().redact(told.segments(), language)) < LEAST_AFTER_A_QUESTION


@pytest.mark.parametrize(
    "text",
    [
        "that is two million three hundred thousand four hundred and twenty one dollars",
        "between 2024-03-05 and 2024-04-11 at 10:30 and 11:45",
        "1,250,000 or 1.5 or 3 1/2",
        "from nineteen ninety to twenty fifteen",
        "с две тысячи десятого по две тысячи пятнадцатый",
        "двадцать минут, сорок рублей, пятнадцать дней, триста рублей",
        "三百块二十四个月一百兆",
    ],
)
def test_amounts_dates_years_and_measures_pass_the_net(text: str) -> None:
    assert list(leftovers(text)) == []


def test_what_only_the_net_finds_is_counted_and_called_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    # The rules take shorter runs than the net does, so it works only when they fail, as here.
    monkeypatch.setattr("redaction.redactor.analyze", lambda _: [])
    turns = ["it is six one seven five", "mhm", "five five oh and 42 dollars"]
    result = Redactor().redact([Segment("customer", turn) for turn in turns], "en")
    assert result.turns == ("it is <DIGITS_1>", "mhm", "<DIGITS_1> and 42 dollars")
    assert result.caught == 2


def test_a_number_that_the_policy_allows_passes_the_net() -> None:
    result = Redactor(Policy(allow=("5551234",))).redact([Segment("customer", "5551234")], "en")
    assert (result.turns, result.caught) == (("5551234",), 0)


def test_a_policy_that_keeps_digits_turns_the_net_off() -> None:
    policy = Policy.model_validate({"entities": {"DIGITS": "keep"}})
    assert Redactor(policy).redact_text("a 88 12 34 56 71 b", "en") == "a 88 12 34 56 71 b"


@pytest.mark.parametrize(
    "text",
    [
        "your card number\nfour four one seven",
        "the ssn please\nyes 44 17",
        "код из смс\nсорок четыре семнадцать",
    ],
)
def test_four_digits_are_too_many_while_a_card_or_a_code_is_expected(text: str) -> None:
    assert len(list(leftovers(text))) == 1


@pytest.mark.parametrize(
    "text", ["your card was charged\nin nineteen ninety four", "your pin\nit took 45 minutes and 30 seconds"]
)
def test_what_else_is_said_while_a_code_is_expected_passes(text: str) -> None:
    assert list(leftovers(text)) == []


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "the charge is four one zero two nine nine three eight"),
        ("en", "the charge is double four one zero two nine seven"),
        ("ru", "стоит восемь девять один два три четыре пять"),
        ("zh", "一共幺三九四五六七八九零一"),
    ],
)
def test_a_long_number_after_a_word_for_money_goes_from_its_first_digit_on(language: str, text: str) -> None:
    (turn,) = Redactor().redact([Segment("customer", text)], language).turns
    assert turn.endswith("<DIGITS_1>")
    assert len(turn) < len("the charge is <DIGITS_1>") + 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "it costs four hundred twenty five dollars"),
        ("en", "it costs forty nine ninety nine a month"),
        ("ru", "стоит восемь тысяч двести рублей"),
    ],
)
def test_a_price_stays(language: str, text: str) -> None:
    assert Redactor().redact([Segment("customer", text)], language).turns == (text,)


def test_a_pause_that_a_number_word_has_swallowed_parts_no_number():
    # "Forty, one moment, eleven" and "forty-one, moment, eleven" are written alike.
    assert list(leftovers("eleven eleven forty one moment eleven"))
