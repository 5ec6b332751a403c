"""Chinese names: surname and form of address, introductions, and the segmenter's opinion as a vote."""

from collections.abc import Iterator

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.chinese import is_name, is_word, tagged_words
from redaction.lexicon import words
from redaction.recognizers.reader import Found, Reader
from redaction.recognizers.shapes import CaptureRecognizer

_LANGUAGE = "zh"
_HAN_RUN = regex.compile(r"\p{Han}+")
_RUN_LIMIT = 2_000
_HONORIFIC = "先生|女士|小姐|太太|老师|经理|师傅|总监|主任|医生|大夫|律师|教授|阿姨|叔叔|大哥|大姐|同学|夫人"
# Words before a surname that cannot be part of a name: 请问张先生, 您好李女士.
_AFTER_NAME = "的|吗|呢|吧|啊|呀|，|。|,|、|？|！|!| |在|是|我|你|您|和|跟|手机|电话|身份|号码|已|要|想|为|$"


def recognizers() -> list[EntityRecognizer]:
    """Names in text with Chinese characters."""
    return [
        _honorific(),
        _nicknamed(),
        _introduced(),
        Reader("names in roles", [kinds.PERSON], _LANGUAGE, _in_roles),
        Reader("segmented names", [kinds.PERSON], _LANGUAGE, _segmented),
    ]


def _surnames() -> str:
    return "|".join(sorted(words("zh_surnames"), key=lambda name: (-len(name), name)))


def _honorific() -> EntityRecognizer:
    surname = _surnames()
    return CaptureRecognizer(
        kinds.PERSON,
        {
            rf"(?<value>(?:{surname})\p{{Han}}{{0,2}}?)(?:{_HONORIFIC})(?!\p{{Han}}*(?:大学|学校))": 0.8,
            rf"(?<!\p{{Han}})(?<value>[小老阿](?:{surname}))(?=[，。,、！!？: ]|你|您|在|$)": 0.6,
            rf"(?<=我是|我叫|叫我|找)(?<value>[小老](?:{surname}))": 0.7,
        },
        language=_LANGUAGE,
        accept=_is_no_word,
        refuse=_begins_inside_a_word,
    )


def _nicknamed() -> EntityRecognizer:
    """小李 or 老王 where colleagues and neighbours are spoken of."""
    return CaptureRecognizer(
        kinds.PERSON,
        {
            rf"(?:[你我他她咱]们(?:的|那个|那位)?|客服|同事|师傅|邻居|快递员|经理|专员|顾问|管家)(?<value>[小老](?:{_NICKNAMED}))"
            rf"(?!\p{{Han}}(?<=区|时|店|吃|票|心))": 0.7,
        },
        language=_LANGUAGE,
        accept=_is_no_word,
    )


def _begins_inside_a_word(match: "regex.Match[str]") -> bool:
    """免费换师傅 has no Mr Fei: the surname is the end of a word; 这张卡 has no Mr Zhang: it counts cards."""
    start, text = match.start("value"), match.string
    if not start or match["value"][0] in "小老阿":
        return False
    before = text[start - 1]
    return (before in _COUNTS and match["value"][0] in _MEASURES) or is_word(text[start - 1 : start + 1])


_MEASURES = frozenset("张段包项支毛万成季单任席时车")
_COUNTS = frozenset("这那哪几一二两三四五六七八九十百半每某多0123456789")
# Surnames that make no ordinary word with 小 or 老 before them.
_NICKNAMED = "[王李张刘陈杨赵周吴徐孙朱胡郭林何郑罗谢宋唐韩曹许邓冯曾彭蒋蔡魏薛潘董梁]"


def _introduced() -> EntityRecognizer:
    surname = _surnames()
    return CaptureRecognizer(
        kinds.PERSON,
        {
            rf"(?:[我他她]叫|名叫|叫做|名字是|名字叫|姓名(?:是|为|:|：)?|户名(?:是|为|:|：)?|"
            rf"联系人(?:是|:|：)?|收件人(?:是|:|：)?|持卡人(?:是|:|：)?|"
            rf"客服代表)(?<value>(?:{surname})\p{{Han}}{{1,2}}?)(?={_AFTER_NAME})": 0.85,
            rf"(?:我是|这里是|我是客服|客服)(?<value>[小老](?:{surname}))(?=[，。,、！!？ 很]|$)": 0.7,
            rf"(?:我是|这里是|我是客服|客服)(?<value>(?:{surname})\p{{Han}}{{1,2}}?)(?=[，。,"
            rf"、！!？ ]|$)": 0.7,
            rf"(?:我姓|免贵姓|贵姓|姓)(?<value>{surname})(?=[，。,、！!？的 名叫]|$)": 0.8,
            r"(?:我叫|名字是|名字叫|姓名[是:：])(?<value>(?![了过什谁不个车你您他她它的得])\p{Han}{2,4}?)"
            r"(?=[，。,、！!？ ]|谢谢|$)": 0.7,
        },
        language=_LANGUAGE,
        accept=_is_no_word,
    )


# Who is named right after: 客户孟繁星投诉, 我妈妈黄秀英的.
_ROLE = regex.compile(
    r"(?:投保人|被保险人|受益人|户主|业主|住户|租户|乘客|旅客|客户|顾客|用户|联系人|收件人|收货人|"
    r"寄件人|发件人|预订人|订票人|"
    r"持卡人|申请人|监护人|机主|车主|患者|病人|学生|员工|同事|朋友|老公|老婆|丈夫|"
    r"妻子|爱人|妈妈|爸爸|母亲|父亲|儿子|女儿|孩子|"
    r"哥哥|姐姐|弟弟|妹妹|本人|法人|代理人|经办人|"
    r"(?:转|打|交|发|寄)?给|让|找)(?:姓名|名字)?(?:是|为|叫|:|：| )?"
)
_LONGEST_NAME = 4


def _in_roles(text: str) -> Iterator[Found]:
    """A family name after a word for somebody's part, and as much after it as leaves whole words behind."""
    for role in _ROLE.finditer(text):
        run = _HAN_RUN.match(text, role.end(), role.end() + _LONGEST_NAME + 2)
        size = _name_size(run.group()) if run else 0
        if size:
            yield kinds.PERSON, role.end(), role.end() + size, 0.65


def _name_size(run: str) -> int:
    """How many characters at the beginning are a name; 0 when it begins with none."""
    surnames = words("zh_surnames")
    family = next((size for size in (2, 1) if run[:size] in surnames and len(run) > size), 0)
    if not family or (family == 1 and is_word(run[:2]) and not is_name(run[:2])):
        return 0
    for given in (2, 1):
        name, rest = run[: family + given], run[family + given :]
        whole = not rest or rest[0] in _AFTER_GIVEN or (len(rest) > 1 and is_word(rest[:2]))
        if len(name) == family + given and whole and _is_given(name[family:]) and _is_person(name):
            return len(name)
    return 0


def _is_person(name: str) -> bool:
    return _is_no_word(name) and name[-1] not in _PLACE_AFTER and not _ENDS_WITH_TITLE.search(name)


_AFTER_GIVEN = frozenset("的吗呢吧啊呀在是我你您和跟已要想为说也都没来去给打从到不有把被让又还就先刚电手身号")


def _is_given(name: str) -> bool:
    """Whether characters can be a given name: none of them is a small word of grammar."""
    return not any(character in _AFTER_GIVEN for character in name)


def _is_no_word(value: str) -> bool:
    common = words("zh_common_after")
    return (
        value not in words("zh_not_names") and value not in common and value[:2] not in words("zh_not_names")
    )


def _segmented(text: str) -> Iterator[Found]:
    """Words that the segmenter takes for a name, if they begin with a surname and are no common word."""
    for run, base in _runs(text):
        for start, end in _tagged_names(run):
            yield kinds.PERSON, base + start, base + end, 0.6


def _runs(text: str) -> Iterator[tuple[str, int]]:
    for match in _HAN_RUN.finditer(text):
        for start in range(0, len(match.group()), _RUN_LIMIT):
            yield match.group()[start : start + _RUN_LIMIT], match.start() + start


def _tagged_names(run: str) -> Iterator[tuple[int, int]]:
    for first, end, tag in tagged_words(run):
        start = _with_family_name(run, first, end) if tag in ("nr", "nz", "nrt") else first
        word = run[start:end]
        counts = start > 0 and run[start - 1] in _COUNTS and word[0] in _MEASURES
        if (
            (tag in ("nr", "nrfg") or start < first)
            and 2 <= len(word) <= 4
            and not counts
            and _is_plausible(word, run[end : end + 4])
        ):
            yield start, end


def _with_family_name(run: str, start: int, end: int) -> int:
    """Where a name begins whose given part is a word of its own: 黄 before 秀英."""
    before = start - 1
    if end - start > 2 or before < 0 or run[before] not in words("zh_surnames") or run[before] in _MEASURES:
        return start
    return start if before and is_word(run[before - 1 : start]) else before


_BUSINESS_AFTER = (
    "餐",
    "酒",
    "食",
    "饭",
    "宾",
    "大厦",
    "公司",
    "艺术",
    "集团",
    "快捷",
    "国际",
    "商",
    "超市",
    "火锅",
    "烤",
    "小吃",
    "烧",
    "菜",
    "银行",
    "宽带",
    "保险",
    "速运",
    "快递",
    "物流",
    "科技",
    "电器",
    "书店",
    "商城",
    "医院",
    "大学",
    "中学",
    "小学",
    "欢乐",
    "纪念",
    "故居",
)
_INSTITUTION = regex.compile(r"\p{Han}{0,3}[店馆楼寺庙宫塔园城街厅轩阁坊]")
_ENDS_WITH_TITLE = regex.compile(f"(?:{_HONORIFIC})$")
_PLACE_AFTER = frozenset("氏记型期朝路街店馆楼园山寺庙宫院城镇村县市区省湖河江桥塔门站港岛峰陵墓府厂场")


def _is_plausible(word: str, following: str) -> bool:
    surnames = words("zh_surnames")
    if word[0] not in surnames and word[:2] not in surnames:
        return False
    if word in words("zh_not_names") or word[:2] in words("zh_not_names") or _ENDS_WITH_TITLE.search(word):
        return False
    return (
        word[-1] not in _PLACE_AFTER
        and following[:1] not in _PLACE_AFTER
        and not following.startswith(_BUSINESS_AFTER)
        and not _INSTITUTION.match(following)
    )
