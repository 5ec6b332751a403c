import pytest

from service.grading.signals.questions import questions
from service.grading.signals.registry import SIGNALS
from service.grading.signals.speech import spoken_by


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "And the colour?"), ("en", "could you tell me the model"), ("en", "okay what is your plan"),
        ("en", "is there a light on it"), ("en", "how long have you been waiting"),
        ("en", "which model is it"),
        ("en", "May I see the bill."), ("en", "when did it start"), ("en", "do you see the light"),
        ("ru", "А модель?"), ("ru", "подскажите пожалуйста модель роутера"), ("ru", "когда пропал звук"),
        ("ru", "какой у вас тариф"), ("ru", "есть ли у вас чек"), ("ru", "что у вас случилось"),
        ("ru", "хорошо когда это случилось"), ("ru", "Уточните, пожалуйста, модель."),
        ("zh", "型号？"), ("zh", "请问您的套餐"), ("zh", "您方便拍一张照片吗"), ("zh", "什么时候买的"),
        ("zh", "您要几个"), ("zh", "能不能重启一下"), ("zh", "還有什麼現象嗎"), ("zh", "哪个型号"),
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


def test_two_questions_are_enough(say):
    def value(text):
        return SIGNALS["questions_asked"](say(f"a: {text}")).value

    assert value("None.") == 0
    assert value("One?") == 0.5
    assert value("One? Two??") == 1
    assert value("One? Two?? Three? Four?") == 1


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("en", "How can I help? When did it start? Is there anything else?", 1),
        ("en", "hello how can i help when did it start", 1),
        ("en", "When did it start? And your name, please? Which light is on?", 2),
        ("ru", "Чем могу помочь? Когда это началось? Остались ли вопросы?", 1),
        ("zh", "请问有什么可以帮您？什么时候开始的？还有其他问题吗？", 1),
    ],
)
def test_routine_questions_are_left_out_of_the_count(say, language, text, count):
    conversation = say(f"a: {text}", language=language)
    assert len(list(questions(spoken_by(conversation, "agent"), language))) == count


def test_an_insult_in_the_form_of_a_question_asks_nothing(say):
    assert not SIGNALS["questions_asked"](say("a: Are you deaf? What is wrong with you?")).evidence


def test_the_evidence_of_a_long_question_is_its_end(say):
    finding = SIGNALS["questions_asked"](say("a: " + "well " * 100 + "is it?"))
    assert 110 <= len(finding.evidence[0].quote) <= 120
    assert finding.evidence[0].quote.startswith("well ")
    assert finding.evidence[0].quote.endswith("is it?")


def test_a_decimal_point_does_not_end_a_sentence(say):
    finding = SIGNALS["questions_asked"](say("a: Is 4.5 enough? Yes."))
    assert [piece.quote for piece in finding.evidence] == ["Is 4.5 enough?"]
