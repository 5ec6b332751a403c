"""Chinese names: surname and form of address, introductions, and the segmenter's opinion as a vote."""

from collections.abc import Iterator

import regex
from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.chinese import is_word, tagged_words
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
            rf"(?:我叫|名叫|叫做|名字是|名字叫|姓名(?:是|为|:|：)?|户名(?:是|为|:|：)?|"
            rf"联系人(?:是|:|：)?|收件人(?:是|:|：)?|持卡人(?:是|:|：)?|"
            rf"客服代表)(?<value>(?:{surname})\p{{Han}}{{1,2}}?)(?={_AFTER_NAME})": 0.85,
            rf"(?:我是|这里是|我是客服|客服)(?<value>[小老](?:{surname}))(?=[，。,、！!？ 很]|$)": 0.7,
            rf"(?:我是|这里是|我是客服|客服)(?<value>(?:{surname})\p{{Han}}{{1,2}}?)(?=[，。,"
            rf"、！!？ ]|$)": 0.7,
            rf"(?:我姓|免贵姓|贵姓|姓)(?<value>{surname})(?=[，。,、！!？的 名叫]|$)": 0.8,
            r"(?:我叫|名字是|名字叫|姓名[是:：])(?<value>\p{Han}{2,4}?)(?=[，。,、！!？ ]|$)": 0.7,
        },
        language=_LANGUAGE,
        accept=_is_no_word,
    )


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
    for start, end, tag in tagged_words(run):
        word = run[start:end]
        counts = start > 0 and run[start - 1] in _COUNTS and word[0] in _MEASURES
        if (
            tag in ("nr", "nrfg")
            and 2 <= len(word) <= 4
            and not counts
            and _is_plausible(word, run[end : end + 4])
        ):
            yield start, end


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
_PLACE_AFTER = frozenset("型期朝路街店馆楼园山寺庙宫院城镇村县市区省湖河江桥塔门站港岛峰陵墓府厂场")


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
