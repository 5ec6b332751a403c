import pytest

from service.grading.signals.registry import SIGNALS


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "And the number?"), ("en", "could you tell me the number"), ("en", "okay what is your name"),
        ("en", "is there anything else"), ("en", "how long have you been waiting"),
        ("en", "which model is it"),
        ("en", "May I have your postcode."), ("en", "when did it start"), ("en", "do you see the light"),
        ("ru", "А номер?"), ("ru", "подскажите пожалуйста номер договора"), ("ru", "как вас зовут"),
        ("ru", "какой у вас тариф"), ("ru", "могу ли я вам помочь"), ("ru", "у вас остались вопросы"),
        ("ru", "хорошо когда это случилось"), ("ru", "Уточните, пожалуйста, адрес."),
        ("zh", "订单号？"), ("zh", "请问您的订单号"), ("zh", "您方便提供一下地址吗"), ("zh", "什么时候买的"),
        ("zh", "您要几个"), ("zh", "能不能重启一下"), ("zh", "還有什麼問題嗎"), ("zh", "哪个型号"),
    ],
)  # fmt: skip
def test_a_question_is_found_with_or_without_its_mark(say, language, text):
    assert SIGNALS["questions_asked"](say(f"a: {text}", language=language)).evidence


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "let me check what is going on"), ("en", "i will see how it is"),
        ("en", "That is what we do."),
        ("en", "I can you will see"), ("en", "thank you"), ("en", "as soon as it is the right day we call"),
        ("ru", "сейчас посмотрю когда будет доставка"), ("ru", "понимаю что вы хотите"),
        ("ru", "если вы готовы оформим"), ("ru", "Да, верно."), ("ru", "это зависит от того какой тариф"),
        ("zh", "我查一下是否有货"), ("zh", "没什么"), ("zh", "请稍等几分钟"), ("zh", "什么都可以"),
        ("zh", "那么我帮您登记"), ("zh", "无论什么情况都可以退"),
    ],
)  # fmt: skip
def test_a_statement_is_no_question(say, language, text):
    assert not SIGNALS["questions_asked"](say(f"a: {text}", language=language)).evidence


def test_three_questions_are_enough(say):
    def value(text):
        return SIGNALS["questions_asked"](say(f"a: {text}")).value

    assert value("None.") == 0
    assert value("One?") == pytest.approx(1 / 3)
    assert value("One? Two?? Three? Four?") == 1


def test_the_evidence_of_a_long_question_is_its_end(say):
    finding = SIGNALS["questions_asked"](say("a: " + "well " * 100 + "is it?"))
    assert len(finding.evidence[0].quote) == 120
    assert finding.evidence[0].quote.endswith("is it?")


def test_a_decimal_point_does_not_end_a_sentence(say):
    finding = SIGNALS["questions_asked"](say("a: Is 4.5 enough? Yes."))
    assert [piece.quote for piece in finding.evidence] == ["Is 4.5 enough?"]
