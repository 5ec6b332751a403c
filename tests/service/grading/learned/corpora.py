"""Invented conversations in three languages whose wording tells how friendly the agent was."""

import random

from service.domain.evaluation import RedactedTurn
from service.domain.scorecard import Dimension
from service.grading.learned.targets import Lesson, Target
from tests.service.grading.building import ORDINAL, YES_NO, a_dimension

COLD = {
    "en": ["wait.", "what is it?", "not my department.", "read the website."],
    "ru": ["ждите.", "ну что ещё?", "это не ко мне.", "читайте сайт."],
    "zh": ["等着。", "什么事？", "这不归我管。", "自己看网站。"],
}
WARM = {
    "en": ["of course, gladly!", "thank you for waiting.", "i am happy to help.", "have a lovely day."],
    "ru": ["конечно, с радостью!", "спасибо за ожидание.", "рада помочь.", "хорошего вам дня."],
    "zh": ["当然，非常乐意！", "谢谢您的耐心等待。", "很高兴为您服务。", "祝您生活愉快。"],
}
ASKS = {
    "en": ["where is my parcel", "the invoice is wrong", "my card is blocked", "i lost my <PASSWORD_1>"],
    "ru": ["где моя посылка", "счёт неверный", "карта заблокирована", "я забыл пароль <PERSON_2>"],
    "zh": ["我的包裹在哪里", "账单不对", "我的卡被锁了", "我忘了密码 <PERSON_2>"],
}
LANGUAGES = ("en", "ru", "zh")


def a_conversation(language: str, warmth: int, rng: random.Random) -> list[RedactedTurn]:
    """Four answers of the agent, `warmth` of them warm (0 to 4)."""
    warm = rng.sample(range(4), warmth)
    turns = []
    for at in range(4):
        turns.append(
            RedactedTurn(speaker="customer", text=f"{rng.choice(ASKS[language])} {rng.randrange(9999)}")
        )
        turns.append(RedactedTurn(speaker="agent", text=rng.choice((WARM if at in warm else COLD)[language])))
    return turns


def conversations(number: int, seed: int = 1) -> tuple[list[list[RedactedTurn]], list[int]]:
    """Conversations in turn in each language, and how many answers are warm in each."""
    rng = random.Random(seed)
    warmth = [rng.randrange(5) for _ in range(number)]
    turns = [a_conversation(LANGUAGES[at % 3], warm, rng) for at, warm in enumerate(warmth)]
    return turns, warmth


def ordinal(**changes: object) -> Dimension:
    """Levels 1, 2 and 3."""
    return Dimension.model_validate(a_dimension("warmth", scale=ORDINAL, **changes))


def yes_no(**changes: object) -> Dimension:
    return Dimension.model_validate(a_dimension("warm", scale=YES_NO, **changes))


def choice() -> Dimension:
    levels = [
        {"level": name, "points": at / 2, "anchor": name} for at, name in enumerate(("cold", "mixed", "warm"))
    ]
    return Dimension.model_validate(a_dimension("tone", scale={"type": "choice", "levels": levels}))


def lesson(dimension: Dimension, warmth: list[int]) -> Lesson:
    """What perfect raters say."""
    return Lesson(dimension, tuple(_target(dimension, warm) for warm in warmth))


def _target(dimension: Dimension, warm: int) -> Target:
    match dimension.scale.type:
        case "ordinal":
            return 1 + warm / 2
        case "yes_no":
            return "yes" if warm >= 2 else "no"
        case _:
            return "cold" if warm < 2 else "mixed" if warm < 4 else "warm"
