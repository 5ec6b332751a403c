"""What the last question asked for: the next short answer is a name, an address or a secret."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.brands import brands_in
from redaction.digit_runs import is_bridge
from redaction.lexicon import words
from redaction.numerals import is_number_word, word_pattern
from redaction.ordinary import is_ordinary
from redaction.recognizers.reader import Found, Reader
from redaction.russian import look_up

_SCORE = 0.75
_LINES_AFTER = 5
_LINES_PUT_OFF = 3
_PUTS_OFF = regex.compile(
    r"(?<!\w)(?:why|what for|sorry|repeat|pardon|excuse me|come again|didn't (?:catch|hear)|"
    r"say that again|hang on|"
    r"hold on|one (?:sec|second|moment)|зачем|почему|извините|простите|повторите|не расслышал\w*|секунду|"
    r"минутку|"
    r"какую|какое|в смысле)(?!\w)|为什么|什么意思|没听清|再说一遍|稍等|等一下",
    regex.IGNORECASE,
)
_LONGEST_LINE = 300
_END = r"[\s.,!?;:…，。！？、]*$"

_Spans = Iterator[tuple[int, int]]
_Reader = Callable[[str], _Spans]
"""Takes one line and gives the spans of it that are the answer."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What asks for ``kind``; ``reads`` finds the answer in a line that comes after it.

    Only lines with a match of ``about`` are looked at: it is cheap, ``asks`` is not.
    """

    kind: str
    about: "regex.Pattern[str]"
    asks: "regex.Pattern[str]"
    reads: _Reader


def _answers(questions: tuple[_Question, ...], text: str) -> Iterator[Found]:
    """Read the lines after a question; lines that only say "mhm" are passed over."""
    found = {
        (question.kind, start, end)
        for question in questions
        for after in _asked(question, text)
        for start, end in _read(question, text, after)
    }
    yield from ((*finding, _SCORE) for finding in sorted(found))


def _asked(question: _Question, text: str) -> Iterator[int]:
    """Where the lines end that ask the question."""
    done = 0
    while about := question.about.search(text, done):
        start = text.rfind("\n", 0, about.start()) + 1
        done = text.find("\n", about.end())
        done = len(text) if done < 0 else done
        if question.asks.search(text, start, done):
            yield done


def _read(question: _Question, text: str, at: int) -> _Spans:
    """The answer; when a line puts it off ("why do you need it?"), it may come in one of the next two."""
    for line, start in _lines_after(text, at):
        found = False
        for first, last in question.reads(line):
            found = True
            yield start + first, start + last
        if found:
            return


def recognizers(language: str) -> list[EntityRecognizer]:
    """Questions and answers of one language: ``en``, ``ru`` or ``zh``."""
    questions = _QUESTIONS[language]
    entities = sorted({question.kind for question in questions})
    return [Reader(f"answers {language}", entities, language, partial(_answers, questions))]


def _lines_after(text: str, at: int) -> Iterator[tuple[str, int]]:
    """The next line that says something, with its offset, if it is short enough to be an answer.

    More come, up to ``_LINES_PUT_OFF``, when it puts the answer off.
    """
    start = text.find("\n", at) + 1
    more = 0
    for _ in range(_LINES_AFTER):
        if not start:
            return
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else len(text)]
        if len(line) <= _LONGEST_LINE and not is_bridge(line):
            yield line, start
            more = max(more, _LINES_PUT_OFF * (_PUTS_OFF.search(line) is not None))
            if not more:
                return
            more -= 1
        start = end + 1


def _about(words: str) -> "regex.Pattern[str]":
    return regex.compile(words, regex.IGNORECASE)


def _ask(*phrases: str) -> "regex.Pattern[str]":
    return regex.compile("|".join(phrases), regex.IGNORECASE | regex.MULTILINE)


# English

_EN_LEAD = regex.compile(
    r"(?:(?:um+|uh+|er|sure|yes|yeah|yep|ok|okay|hi|hello|well|so|right|of course|oh|it's|it is|its|"
    r"that's|that is|"
    r"this is|i'm|i am|my (?:full |first |last )?name(?:'s| is)|(?:the |first |last |sur)?name(?:'s| is)|"
    r"(?:it's |it is )?under|call me|mrs?|ms|miss|mister|dr)(?:[.,]? |[.,]$))*",
    regex.IGNORECASE,
)
_EN_WORD = regex.compile(r"\p{Latin}[\p{Latin}\p{Mn}'\-]*\.?")
_EN_SPELLED = regex.compile(r"(?<![\w'])\p{Latin}(?:(?: |-|, |\. ?| - )\p{Latin}){2,24}(?!\w)")
_EN_FOLLOWS = regex.compile(
    rf"(?:'s)?(?:{_END}|[,.!?;]| (?:and|from|here|speaking|calling|but|that's|thats|thanks|thank|please|"
    rf"spelled|"
    r"with|my|the|i|on|is|number|phone))",
    regex.IGNORECASE,
)


def _english_name(line: str) -> _Spans:
    yield from (match.span() for match in _EN_SPELLED.finditer(line))
    lead = _EN_LEAD.match(line)
    start = end = lead.end() if lead else 0
    for _ in range(4):
        word = _EN_WORD.match(line, end + (end > start))
        if word is None or is_ordinary(word.group().lower().rstrip(".")):
            break
        end = word.end()
        ends_sentence = line[end - 1] == "." and end - word.start() > 2
        if end >= len(line) or line[end] != " " or ends_sentence:
            break
    end -= line[end - 1 : end] == "."
    if end - start > 1 and _EN_FOLLOWS.match(line, end):
        yield start, end


_EN_NUMBER = rf"(?:\d{{1,6}}[a-z]?|(?:{word_pattern('en')})(?:[ -](?:{word_pattern('en')})){{0,5}})"
_EN_ADDRESS = regex.compile(
    rf"(?<!\w){_EN_NUMBER}(?:,? (?!(?:and|but|please|thanks|thank|now|is|i|my|if|so|that's|because|"
    rf"when)(?!\w))"
    rf"[\p{{Latin}}\d.'#\-]{{1,24}}){{1,9}}",
    regex.IGNORECASE,
)


def _english_address(line: str) -> _Spans:
    match = _EN_ADDRESS.search(line, 0, 160)
    lead = _EN_LEAD.match(line)
    if match and match.start() - (lead.end() if lead else 0) <= 30:
        yield match.span()


_NO_SECRET = regex.compile(
    r"(?<!\w)(?:don't|do not|didn't|forgot|forgotten|not|no|never|can't|cannot|why|what|which|how|where|"
    r"sorry|who|wait|"
    r"moment|second|hold|help|lost|remember|know|need|because|verify|to|чтобы|не|нет|забыл\w*|помню|зачем|какой|какое|какая|"
    r"почему|что|"
    r"секунд\w*|минут\w*)(?!\w)|\?|？|不|没|忘|什么|为什么|怎么|稍等|等|位|因为|为了",
    regex.IGNORECASE,
)
_SECRET_LEAD = regex.compile(
    r"(?:(?:um+|uh+|yes|yeah|sure|ok|okay|it's|it is|it was|that's|that is|i think|(?:the|"
    r"my) [\w' ]{3,24} (?:is|was)|э+|ну|да|это|"
    r"моя|мой|моё|мое|девичья|фамилия|пароль|кодовое|слово|嗯|呃|是|我的|密码|口令)[,:]?(?: |(?<=\p{Han})|"
    r"$))*",
    regex.IGNORECASE,
)
_MOST_SECRET_WORDS = 5


def _secret(line: str) -> _Spans:
    """The whole answer: what it looks like is nobody's business."""
    lead = _SECRET_LEAD.match(line)
    start = lead.end() if lead else 0
    rest = line[start:]
    if rest.strip() and len(rest.split()) <= _MOST_SECRET_WORDS and not _NO_SECRET.search(line):
        yield start, len(line)


_EN_ASKS = (
    r"(?:what(?:'s| is| was| are)|may i|can i|could i|could you|can you|please|tell me|i(?:'ll| will)? need|"
    r"confirm|verify)"
)
_EN = (
    _Question(
        kinds.PERSON,
        _about(r"(?<!\w)(?:(?:sur)?names?|who am i|spell)(?!\w)"),
        _ask(
            r"(?<!\w)(?:your|the|full|first|last|customer'?s?|account holder'?s?|cardholder'?s?|"
            r"passenger'?s?|his|her|"
            r"whose|sur) ?names?(?! (?:is|was|on|of|here|doesn)(?! *$))(?!\w)",
            r"(?:what|which) name|name [^\n]{0,24}under",
            r"who am i (?:speaking|talking|chatting)",
            r"(?:could|can|would) you (?:please )?spell",
            r"how (?:do you|would you) spell",
            r"^\W*(?:full |last |first )?name\W*$",
            r"name,? please",
        ),
        _english_name,
    ),
    _Question(
        kinds.ADDRESS,
        _about(r"address|where (?:do you live|should)"),
        _ask(
            r"(?:your|the|delivery|shipping|home|billing|mailing|current|new|street|service|old)"
            r"(?<!mail)(?<!mail ) address(?:es)?(?! (?:book|bar))",
            r"^\W*address\W*$",
            r"where (?:do you live|should (?:we|i) (?:send|deliver|ship))",
        ),
        _english_address,
    ),
    _Question(
        kinds.SECRET,
        _about(r"pass ?(?:word|code|phrase)|security|maiden|memorable|(?:code ?|secret )(?:word|answer)"),
        _ask(
            rf"(?<!\w){_EN_ASKS}[^\n]{{0,50}}(?:your|the|a) [^\n]{{0,24}}(?:password|passcode|pass ?phrase|"
            r"security answer|answer to (?:your|the) security question|maiden name|memorable (?:word|"
            r"place|name)|"
            r"code ?word|secret (?:word|answer))(?![^\n]{0,30}(?:reset|change))",
            r"^[^\n]{0,20}mother's maiden name\W*$|^\W*password\W*$",
        ),
        _secret,
    ),
    _Question(
        kinds.ACCOUNT_NUMBER,
        _about(r"user ?name|login|user id|handle"),
        _ask(
            rf"(?<!\w){_EN_ASKS}[^\n]{{0,50}}(?:user ?name|login(?: name)?|user id|"
            rf"handle)(?![^\n]{{0,30}}(?:reset|change))",
            r"^[^\n]{0,20}(?:user ?name|login|user id)(?: please)?\W*$",
        ),
        _secret,
    ),
)

# Russian

_RU_LEAD = regex.compile(
    r"(?:(?:э+|ну|да|так|здравствуйте|добрый день|меня зовут|зовут|это|я|зовите(?: меня)?|моя|моё|мое|"
    r"мой|фамилия|"
    r"имя|отчество|фио|на имя|на фамилию|конечно|секунду|пишите|запишите)(?:[,:.]? | - |$))*",
    regex.IGNORECASE,
)
_RU_WORD = regex.compile(r"\p{Cyrillic}[\p{Cyrillic}\-]*")
_RU_SPELLED = regex.compile(r"(?<!\w)\p{Cyrillic}(?:(?: |-|, |\. ?)\p{Cyrillic}){3,24}(?!\w)")
_NAME_SHARE = 0.05


def _russian_name(line: str) -> _Spans:
    yield from (match.span() for match in _RU_SPELLED.finditer(line))
    lead = _RU_LEAD.match(line)
    start = end = lead.end() if lead else 0
    while end - start < 60 and (word := _RU_WORD.match(line, end + (end > start))):
        if not _may_be_russian_name(word.group().lower()):
            break
        end = word.end()
        if end >= len(line) or line[end] != " ":
            break
    if end - start > 1 and regex.match(rf"{_END}|[,.!?;]| [а-яё]", line[end:], regex.IGNORECASE):
        yield start, end


def _may_be_russian_name(word: str) -> bool:
    reading = look_up(word)
    return (
        len(word) > 1
        and (not reading.known or reading.name_share >= _NAME_SHARE)
        and (word not in words("ru_common") or "given" in reading.roles)
    )


_RU_NUMBER = rf"(?:\d{{1,4}}[а-я]?|(?:{word_pattern('ru')})(?: (?:{word_pattern('ru')})){{0,3}})"
_RU_ADDRESS = regex.compile(
    rf"(?<!\w)(?:(?:улица|проспект|переулок|город|дом|посёлок|поселок|деревня|"
    rf"село) )?\p{{Cyrillic}}[\p{{Cyrillic}}\-]{{2,30}}"
    rf"(?:,? [\p{{Cyrillic}}\-.]{{1,30}}){{0,3}}?,? (?:дом |д\. ?)?{_RU_NUMBER}"
    rf"(?:,? (?:корпус|строение|квартира|кв\.?|подъезд|этаж) ?{_RU_NUMBER}){{0,4}}(?!\w|[./\-]\d)",
    regex.IGNORECASE,
)
# What an answer about something else begins with: "выдан в 2009", "почта 24".
_NO_STREET = frozenset({"VERB", "INFN", "PRTF", "PRTS", "GRND", "NPRO", "CONJ", "PREP", "ADVB", "PRCL"})


def _russian_address(line: str) -> _Spans:
    lead = _RU_LEAD.match(line)
    match = _RU_ADDRESS.match(line, lead.end() if lead else 0, 200)
    if match and _may_be_russian_address(match.group()):
        yield match.span()


def _may_be_russian_address(answer: str) -> bool:
    """Whether a word says that it is one, or none says that it is something else."""
    readings = [look_up(word.lower()) for word in _RU_WORD.findall(answer)]
    if any(reading.normal in words("ru_address_words") for reading in readings):
        return True
    speaks = any(
        reading.known and reading.grammar.split()[0] in _NO_STREET and not reading.name_share
        for reading in readings
        if not is_number_word(reading.normal)
    )
    return not speaks and readings[0].normal not in words("ru_no_streets") and not any(brands_in(answer))


_RU = (
    _Question(
        kinds.PERSON,
        _about(r"зовут|величать|обращаться|имя|фамили[яю]|фио|отчество|представьтесь|с кем"),
        _ask(
            r"как (?:вас|его|е[её]|тебя) (?:зовут|величать)",
            r"как (?:к вам|мне к вам|я могу к вам|могу к вам)[^\n]{0,20}обращаться",
            r"(?:ваш[аеиу]?|назовите|подскажите|скажите|продиктуйте|уточните|укажите|"
            r"полное)[^\n]{0,40}(?<!\w)(?:имя|фамили[яю]|фио|отчество)",
            r"^\W*(?:фамилия|имя|фио|имя и фамилия|фамилия имя|ваше имя)\W*$",
            r"на ч(?:ь[её]|ью) (?:имя|фамилию)",
            "представьтесь",
            "с кем (?:я )?(?:говорю|разговариваю|имею честь)",
        ),
        _russian_name,
    ),
    _Question(
        kinds.ADDRESS,
        _about(r"адрес|куда"),
        _ask(
            r"(?:ваш|назовите|подскажите|скажите|продиктуйте|уточните|укажите|какой|по какому)[^\n]{0,30}"
            r"адрес(?![^\n]{0,12}(?:почт|электр))",
            r"^\W*адрес(?: доставки)?\W*$",
            "куда (?:везти|привезти|доставить|отправить)",
        ),
        _russian_address,
    ),
    _Question(
        kinds.SECRET,
        _about(r"слов|девичь|пароль"),
        _ask(
            r"(?:кодово\w+ слов\w|девичь\w+ фамили\w|секретн\w+ слов\w|контрольн\w+ слов\w|пароль)"
            r"[^\n]{0,12}(?:назовите|скажите|подскажите|какое|продиктуйте|пожалуйста)",
            r"(?:назовите|скажите|подскажите|какое|ваше|продиктуйте|"
            r"введите)[^\n]{0,40}(?:кодово\w+ слов\w|девичь\w+ фамили\w|секретн\w+ слов\w|"
            r"контрольн\w+ слов\w|пароль)",
            r"^\W*(?:кодовое слово|пароль)\W*$",
        ),
        _secret,
    ),
    _Question(
        kinds.ACCOUNT_NUMBER,
        _about(r"логин|имя пользователя|ник"),
        _ask(
            r"(?:назовите|скажите|подскажите|какой|какое|ваш\w?|продиктуйте)[^\n]{0,40}(?<!\w)(?:логин|"
            r"имя пользователя|ник)(?!\w)",
            r"^\W*(?:логин|имя пользователя)(?: пожалуйста)?\W*$",
        ),
        _secret,
    ),
)

# Chinese

_ZH_SURNAME = "|".join(sorted(words("zh_surnames"), key=lambda name: (-len(name), name)))
_ZH_NAME = regex.compile(
    rf"[嗯呃额啊哦唉喂你您好，, ]*(?:我的?|名字|姓名|本人|免贵|就|叫|姓|是|：|:|，| )*"
    rf"(?P<name>(?:{_ZH_SURNAME})\p{{Han}}{{0,2}}?)"
    rf"(?=(?:[，。,！!.、 ]|$|的(?:[，。]|$)|我的|电话|手机|身份|然后|号码|先生|女士))"
)


def _chinese_name(line: str) -> _Spans:
    match = _ZH_NAME.match(line)
    if match and match["name"] not in words("zh_not_names") and match["name"] not in words("zh_common_after"):
        yield match.span("name")


_ZH_NUMBER = "[0-9零〇一二三四五六七八九十百两幺]"
_ZH_ADDRESS = regex.compile(
    rf"(?:[^\n]{{0,20}}(?:地址|住在?|寄到|送到|是|在|[，, ]))?"
    rf"(?P<place>(?:(?![您你我他的])\p{{Han}}){{2,24}}?{_ZH_NUMBER}{{1,6}}"
    rf"(?:号?楼|号院|号|弄|栋|楼|室|单元)(?:{_ZH_NUMBER}{{1,6}}(?:号楼|号|弄|栋|幢|楼|单元|室|层)?){{0,5}})"
)


def _chinese_address(line: str) -> _Spans:
    match = _ZH_ADDRESS.match(line)
    if match:
        yield match.span("place")


_ZH = (
    _Question(
        kinds.PERSON,
        _about("姓|称呼|名字|叫什么"),
        _ask(
            "贵姓|怎么称呼|如何称呼",
            r"(?:您|你|请问|报|提供|说|核对|收件人|联系人|寄件人|客户|用户|户主|机主|乘客|持卡人|预订人|入住人|投保人)[^\n]{0,8}(?:姓名|名字|称呼)",
            r"^\W*(?:姓名|名字)\W*$",
            "叫什么",
        ),
        _chinese_name,
    ),
    _Question(
        kinds.ADDRESS,
        _about("地址|寄到|送到|住"),
        _ask(
            r"(?:您|你|请问|报|提供|说|哪里|什么|新)[^\n]{0,10}(?<!邮箱)地址",
            r"^\W*(?:收货)?地址\W*$",
            "寄到哪|送到哪|住哪|住在哪",
        ),
        _chinese_address,
    ),
    _Question(
        kinds.SECRET,
        _about("密码|口令|密保|暗号"),
        _ask(r"(?:您|你|请|报|提供|说)[^\n]{0,10}(?:密码|口令|密保|暗号)(?!重置|修改)", r"^\W*密码\W*$"),
        _secret,
    ),
    _Question(
        kinds.ACCOUNT_NUMBER,
        _about("微信|用户名|登录名"),
        _ask(
            r"(?:微信号?|用户名|登录名)(?:是多少|是什么|呢|[^\n]{0,6}$)|(?:报|提供|说)[^\n]{0,8}(?:微信号?|用户名|登录名)"
        ),
        _secret,
    ),
)

_QUESTIONS = {"en": _EN, "ru": _RU, "zh": _ZH}
