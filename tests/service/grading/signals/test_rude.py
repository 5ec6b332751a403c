import pytest

from service.grading.signals.measures import measure
from service.grading.signals.observations import observe
from service.grading.signals.rude import rude_words


def test_a_single_insult_makes_the_value_0(say):
    finding = rude_words(say("a: Hello", "c: It broke", "a: Are you stupid? You idiot."))
    assert finding.value == 0
    assert [piece.quote for piece in finding.evidence] == ["Are you stupid?", "You idiot."]
    assert finding.rationale == "Insulting, mocking or swear words of the agent: 2, first in turn 2."


def test_without_an_insult_the_value_is_1_and_the_searched_turns_are_named(say):
    finding = rude_words(say("c: Shut up", "a: One moment", "c: x", "a: Done"))
    assert finding.value == 1
    assert finding.absence.searched == ((1, 3),)


def test_what_may_be_rude_has_no_value_but_is_shown_with_its_turn(say):
    conversation = say("a: Hello", "c: Hm?", "a: You must be deaf.")
    (shown,) = (each for each in observe(conversation) if each.signal == "rude_words")
    assert shown.value is None
    assert [(piece.turn, piece.quote) for piece in shown.evidence] == [(2, "You must be deaf.")]
    assert shown.rationale.endswith("a person should read them.")
    assert measure(conversation)["rude_words"] == 0


def test_an_insult_among_doubtful_words_decides_and_is_quoted_alone(say):
    finding = rude_words(say("a: Can't you read?", "c: What?", "a: Shut up!"))
    assert finding.value == 0
    assert [piece.turn for piece in finding.evidence] == [2]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Then they shouted, shut up!"),
        ("en", "The sticker says 'you idiot', is that the one?"),
        ("en", "You idiot! That is the title of the song, yes."),
        ("en", "and then you are an idiot came up on the screen"),
        ("ru", "Заткнись! Так называется песня."),
        ("ru", "На наклейке «ты дурак», верно?"),
        ("zh", "他说：你这个白痴！"),
        ("zh", "那首歌叫你这个笨蛋。"),
        ("en", "The sticker on the van read: you are an idiot."),
        ("en", "The password is, you moron, in small letters."),
        ("en", "Please do not say, you idiot, to my colleague."),
        ("ru", "Пароль: ты дурак, латиницей."),
        ("ru", "Отвали, кричит игрушечный попугай."),
        ("ru", "Вы баран, а он телец?"),
        ("zh", "留言内容是：你这个白痴。"),
        ("zh", "您有病啊，那请好好休息。"),
    ],
)
def test_an_insult_that_is_told_or_only_part_of_a_clause_is_no_grade_of_0(say, language, line):
    assert rude_words(say(f"a: {line}", language=language)).value != 0


def test_an_insult_far_from_any_punctuation_is_not_taken_for_a_clause(say):
    assert rude_words(say("a: y " + "word " * 500 + "you idiot" + " word" * 500)).value is None
    assert rude_words(say("a: y" + " " * 500 + "you idiot" + " " * 500 + "y")).value is None
