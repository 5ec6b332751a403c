"""Questions about the wording of a scorecard that patterns can answer in English, Russian and Chinese.

The patterns are meant to be right when they speak and may stay silent: each answers with the words found, or
with an empty string. Words in quotation marks are examples of what is said and are left out of account.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from service.domain.transcript import Language

_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|„[^“”]*[“”]|「[^」]*」|『[^』]*』")
_MAX_LENGTH = 500


class Wording(NamedTuple):
    """What one language's patterns find; each takes a text and returns the words found, or ``""``."""

    second_question: Callable[[str], str]
    condition: Callable[[str], str]
    vague: Callable[[str], str]
    double_negation: Callable[[str], str]
    extreme: Callable[[str], str]
    prohibition: Callable[[str], str]
    level_number: re.Pattern[str]
    is_question: re.Pattern[str]


def wording(language: Language) -> Wording:
    """Return the patterns of a language."""
    return _WORDING[language]


def unquoted(text: str) -> str:
    """Return the first part of `text` without what stands in quotation marks."""
    return _QUOTED.sub(" ", text[:_MAX_LENGTH])


def size_in_words(text: str) -> float:
    """Return the number of words, two Chinese characters counted as one."""
    chinese = len(re.findall("[\u3400-\u9fff]", text))
    return chinese / 2 + len(re.findall(r"[^\W\d_\u3400-\u9fff]+|\d+", text))


def _finder(pattern: str) -> Callable[[str], str]:
    compiled = re.compile(pattern, re.IGNORECASE)

    def find(text: str) -> str:
        match = compiled.search(unquoted(text))
        return match.group().strip() if match else ""

    return find


# A do-question takes base forms, so a base form after "and" is a second thing asked for.
_EN_VERBS = (
    "acknowledge|admit|agree|announce|apologi[sz]e|arrange|ask|assure|avoid|build|clarify|comply|confirm|convey|"
    "create|demonstrate|describe|discuss|empathi[sz]e|ensure|establish|explain|express|follow|gather|get|give|"
    "greet|handle|identify|inform|interrupt|introduce|investigate|invite|keep|listen|maintain|make|mention|obtain|"
    "personali[sz]e|present|propose|provide|reassure|recap|recommend|refrain|remain|repeat|resolve|respond|say|"
    "send|solve|speak|stay|suggest|summari[sz]e|take|tell|thank|try|understand|verify|warn"
)
# These are nouns as often as verbs: only with an object or a preposition after them.
_EN_NOUN_VERBS = (
    "address|answer|attempt|call|check|close|display|document|end|help|log|name|note|offer|open|promise|quote|"
    "record|report|request|schedule|set|show|state|test|transfer|use|welcome"
)
_EN_OBJECT = (
    "(?:the|a|an|any|all|every|each|at|her|his|him|its|it|one|their|them|this|that|these|those|to|up|what|whether"
    "|how|why|when|for|with)"
)
_EN_SECOND = re.compile(
    r"\b(?:and|or|and/or|as well as)\s+(?:then\s+|also\s+|not\s+|\w+ly\s+)?"
    rf"(?:(?:does|do|did|is|are|was|were|has|have|will)\s+(?:the|they|he|she|it|this)\b|(?:{_EN_VERBS})\b"
    rf"|(?:{_EN_NOUN_VERBS})\s+{_EN_OBJECT}\b)",
    re.IGNORECASE,
)
_EN_START = re.compile(r"\b(?:does|do|did|will|can|could|should|is|was|has|how)\b", re.IGNORECASE)
_EN_SUBORDINATE = re.compile(
    r"\b(?:when|whenever|if|before|after|because|while|until|once|so that|whether|what|which|who|why|where"
    r"|that|by|without|instead of|in order to|rather than)\b",
    re.IGNORECASE,
)
# "to listen and respond", "let the customer explain and ask": the verbs hang on another one.
_EN_GOVERNED = re.compile(r"\b(?:to|let|lets|help|try|go|come)\s+(?:\w+\s+){1,4}$", re.IGNORECASE)


def _english_second_question(text: str) -> str:
    plain = unquoted(text)
    start = _EN_START.search(plain)
    if start is None:
        return ""
    main = plain[start.end() :]
    for joined in _EN_SECOND.finditer(main):
        before = main[: joined.start()]
        repeated = re.search(
            r"\b(?:does|do|did|is|are|was|were|has|have|will)\b", joined.group(), re.IGNORECASE
        )
        if repeated or not (_EN_SUBORDINATE.search(before) or _EN_GOVERNED.search(before + " ")):
            return joined.group()
    return ""


_EN_ASKING = (
    r"(?<!ask )(?<!asks )(?<!say )(?<!says )(?<!state )(?<!explain )(?<!check )(?<!know )(?<!out )"
    r"(?<!confirm )(?<!clarify )(?<!customer )(?<!see )(?<!understand )(?<!decide )(?<!them )"
)
_EN_CONDITION = _finder(
    rf"{_EN_ASKING}\b(?:if|when|whenever|where|in case|in the event)\s+(?:(?:of|that)\s+)?"
    r"(?:(?:the|a|an|any)\s+(?:angry\s+|upset\s+)?(?:customer|caller|client|guest|patient|user|complaint|hold|transfer"
    r"|problem|issue|objection)|there\s+(?:is|are|was|were)|needed|necessary|applicable|required|relevant"
    r"|appropriate|possible|asked)\b"
)
_EN_VAGUE = _finder(
    r"\b(?:good(?!\s+(?:morning|afternoon|evening|day|night|wish|wishes|bye|luck|weekend))|appropriate(?:ly)?"
    r"|proper(?:ly)?|adequate(?:ly)?|suitabl[ey]|reasonabl[ey]|satisfactor(?:y|ily)|sufficient(?:ly)?"
    r"|professional(?:ly)?|effective(?:ly)?|nice(?:ly)?|decent(?:ly)?|excellent(?:ly)?)\b"
)
_EN_NEGATIVE = re.compile(
    r"\b(?:not(?!\s+only)|never|no(?!\s+(?:more|later|longer|matter)\b)|nobody|nothing|none|neither|without|cannot"
    r"|fails?\s+to|avoids?|refrains?|unable)\b|n't\b",
    re.IGNORECASE,
)
_EN_CLAUSE = re.compile(r"[,;:.?!]|\b(?:and|or|but|nor)\b", re.IGNORECASE)


def _two_in_a_clause(clause_end: re.Pattern[str], negative: re.Pattern[str]) -> Callable[[str], str]:
    def find(text: str) -> str:
        for clause in clause_end.split(unquoted(text)):
            found = [match.group().strip() for match in negative.finditer(clause)]
            if len(found) > 1:
                return " … ".join(found[:2])
        return ""

    return find


# Russian: a second verb of the same form (past with past, present with present) after a conjunction.
_RU_PAST = re.compile(r"\b[а-яё]{3,}(?:л|ла|ли|лся|лась|лись)\b", re.IGNORECASE)
_RU_PRESENT = re.compile(
    r"\b[а-яё]{2,}(?:[аеуюя]ет|[аеияоу]ёт|ит|ует|ают|яют|уют|ят|ется|ится|ются|ятся|ёт|ует)\b", re.IGNORECASE
)
_RU_JOINED = re.compile(
    r"\b(?:и|или|либо|а\s+также|а\s+затем|и/или)\s+(?:(?:при\s+этом|затем|потом|также|не|ли|[а-яё]+[оеи])\s+)?([а-яё]+)",
    re.IGNORECASE,
)
_RU_NOUNS = re.compile(
    r"(?:ответ|привет|пакет|билет|отч[её]т|совет|интернет|бюджет|предмет|счет|кредит|визит|лимит|канал|отдел|персонал"
    r"|портал|сигнал|протокол|журнал|материал|дела|цели|детали|модели|роли|недели|или|если|числа|правила|услуги|жела)\w{0,2}$",
    re.IGNORECASE,
)
_RU_SUBORDINATE = re.compile(
    r"\b(?:если|когда|прежде\s+чем|до\s+того|после\s+того|потому|чтобы|котор\w+|почему|поскольку|пока|что|как|где|кто|чем)\b",
    re.IGNORECASE,
)
_RU_LEADING = re.compile(r"^\s*(?:если|когда|прежде\s+чем|после\s+того)\b[^,]*,", re.IGNORECASE)


def _russian_second_question(text: str) -> str:
    main = _RU_LEADING.sub("", unquoted(text), count=1)
    for joined in _RU_JOINED.finditer(main):
        before, word = main[: joined.start()], joined.group(1)
        if _RU_NOUNS.search(word) or _RU_SUBORDINATE.search(before.lstrip()[4:]):
            continue
        for form in (_RU_PAST, _RU_PRESENT):
            verbs = [match.group() for match in form.finditer(before) if not _RU_NOUNS.search(match.group())]
            if form.fullmatch(word) and verbs:
                return joined.group()
    return ""


_find_russian_condition = _finder(
    r"(?:^|(?<=[,—–-]\s)|(?<=[?(]))\s*(?:в\s+случае,\s+)?(?:если|когда)\s+(?!агент|оператор|сотрудник|менеджер)[а-яё]+"
    r"|\bпри\s+(?:необходимости|наличии|возникновении)\b|\bв\s+случае\s+(?!если)[а-яё]+"
)
_RU_ASKING = re.compile(
    r"\b(?:спр[ао]с|спрашива|уточн|сообща|сообщи|сказа|говор|узна|объясн|назыв|назва|выясн)", re.IGNORECASE
)


def _russian_condition(text: str) -> str:
    """After a verb of asking or saying, `когда` begins an indirect question."""
    found = _find_russian_condition(text)
    before = unquoted(text).partition(found)[0] if found else ""
    return "" if "когда" in found.casefold() and _RU_ASKING.search(before) else found


_RU_VAGUE = _finder(
    r"\b(?:хорош(?!его\s+(?:дня|вечера|настроения))\w*|надлежащ\w*|должным\s+образом|адекватн\w*|подобающ\w*|уместн\w*"
    r"|качественн\w*|профессиональн\w*|грамотн\w*|достаточн\w*|соответствующим\s+образом|подходящ\w*|нормальн\w*"
    r"|эффективн\w*)"
)
_RU_NEGATIVE = re.compile(
    r"\bне(?!\s+(?:только|менее|более)\b)\s|\bнельзя\b|\bбез\b|\bизбега\w+|\bвоздерж\w+|\bотсутств\w+",
    re.IGNORECASE,
)
_RU_CLAUSE = re.compile(r"[,;:.?!—–]|\b(?:и|или|либо|но|а)\b", re.IGNORECASE)

# Chinese: a verb after 并, 并且, 以及, 或; a noun made of a verb (解决方案) is none.
_ZH_SECOND = re.compile(
    r"(?:并且|并(?![非不没未无])|以及|而且|同时|或者|或|且(?!不))(?:主动|及时|随后|再|也|还|进行|耐心|明确|清楚|向[^，。？]{1,4}?|对[^，。？]{1,4}?"
    r"|为[^，。？]{1,4}?|给[^，。？]{1,4}?|用[^，。？]{1,6}?)?"
    r"(?:是否|问候|介绍|说明|解释|询问|确认|核实|核对|提供|告知|告诉|感谢|道歉|致歉|安抚|倾听|解决|记录|总结|表示|表达|报出|说出|邀请"
    r"|道别|结束|避免|使用|给出|提出|征求|推荐|引导|复述|承诺|处理|回应|回答|跟进)"
    r"(?!方案|方式|办法|方法|流程|步骤|措施|途径|渠道|义务|过程|能力|的|语|词|率|号|单)"
)
_ZH_SUBORDINATE = re.compile(
    r"(?:在|当|如果|若|如|倘若)[^，。？！；]*(?:，|之前|以前|之后|以后|的时候|后|前|时)|[^，。？！；]*(?:之前|之后|的时候)，"
)


def _chinese_second_question(text: str) -> str:
    main = _ZH_SUBORDINATE.sub("", unquoted(text))
    match = _ZH_SECOND.search(main)
    return match.group() if match else ""


_ZH_CONDITION = _finder(
    r"(?:如果|若是?|倘若|假如|如有|一旦)(?!客服|坐席)[^，。？！；]{1,20}|当(?:客户|顾客|用户|来电者)[^，。？！；]{1,20}?(?:时|后)"
    r"|(?:客户|顾客|用户)[^，。？！；是否]{1,12}时，|必要时|需要时|适用时"
)
_ZH_VAGUE = _finder(
    r"适当|恰当|良好|得体|合适|妥善|合理|充分|优质|较好|很好|足够|得当|到位|专业(?!术语|名词|词|知识|人员|部门)"
)
_ZH_LEXICAL = re.compile(
    r"(.)不\1|有没有|有无|对不起|不好意思|不仅|不但|不只|不同|不满|不便|不少|不足|不安|不快|不当|不清|无关|无论|不论|不管|差不多|未来|不断"
)
_ZH_NEGATIVE = re.compile(r"并非|没有|避免|不|没|未|无")
_ZH_CLAUSE = re.compile(r"[，。、；：？！]|并且|并(?!非)|而且|以及|或者|或|和|且|也")
_zh_two_negatives = _two_in_a_clause(_ZH_CLAUSE, _ZH_NEGATIVE)


def _chinese_double_negation(text: str) -> str:
    return _zh_two_negatives(_ZH_LEXICAL.sub("", unquoted(text)))


_NUMBER_WORD = (
    r"\d+|one|two|three|four|five|six|seven|eight|nine|ten|один|два|три|четыре|пять|[一二三四五六七八九十]"
)
_WORDING: dict[Language, Wording] = {
    "en": Wording(
        second_question=_english_second_question,
        condition=_EN_CONDITION,
        vague=_EN_VAGUE,
        double_negation=_two_in_a_clause(_EN_CLAUSE, _EN_NEGATIVE),
        extreme=_finder(
            r"\b(?:always|never|ever|constantly|at\s+all\s+times|absolutely|perfectly|without\s+exception"
            r"|obviously|surely)\b"
        ),
        prohibition=_finder(
            r"\b(?:free\s+(?:of|from)|refrain\w*|avoid\w*|abstain\w*|without|not|never|stop)\b|n't\b"
        ),
        level_number=re.compile(
            rf"(?:(?:level|score|grade|point|points|option|answer)\s*)?(?:{_NUMBER_WORD})(?:\s*(?:points?|stars?))?",
            re.IGNORECASE,
        ),
        is_question=re.compile(r"\?"),
    ),
    "ru": Wording(
        second_question=_russian_second_question,
        condition=_russian_condition,
        vague=_RU_VAGUE,
        double_negation=_two_in_a_clause(_RU_CLAUSE, _RU_NEGATIVE),
        extreme=_finder(
            r"\b(?:всегда|никогда|ни\s+разу|постоянно|абсолютно|идеальн\w*|безупречн\w*|всё\s+время|все\s+время"
            r"|в\s+любой\s+ситуации|неизменно|очевидно)\b"
        ),
        prohibition=_finder(r"\b(?:не|без|воздерж\w*|избега\w*|свобод\w*|отсутств\w*|прекра\w+|перест\w+)\b"),
        level_number=re.compile(
            rf"(?:(?:уровень|оценка|балл|баллы|баллов)\s*)?(?:{_NUMBER_WORD})(?:\s*балл\w*)?", re.IGNORECASE
        ),
        is_question=re.compile(r"\?"),
    ),
    "zh": Wording(
        second_question=_chinese_second_question,
        condition=_ZH_CONDITION,
        vague=_ZH_VAGUE,
        double_negation=_chinese_double_negation,
        extreme=_finder(r"总是|从不|从来|从未|始终|永远|绝对|一直|完美|任何时候|每次都|显然"),
        prohibition=_finder(r"避免|没有|不|未|无|杜绝|禁|停止"),
        level_number=re.compile(
            rf"(?:(?:等级|级别|第|得|评分|分数)\s*)?(?:{_NUMBER_WORD})\s*(?:级|分|等|档)?", re.IGNORECASE
        ),
        is_question=re.compile(r"[？?]|[吗呢]$|是否|有没有|如何|多少|怎样|怎么|什么|哪|几次"),
    ),
}
