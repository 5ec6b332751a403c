"""Addresses on networks: e-mail, web, IP, hardware, and wallets."""

from functools import lru_cache
from ipaddress import ip_address

import regex
from presidio_analyzer import EntityRecognizer
from presidio_analyzer.predefined_recognizers import CryptoRecognizer

from redaction import kinds
from redaction.anchored import word_starts
from redaction.recognizers.shapes import DIGIT, CaptureRecognizer, ShapeRecognizer, places_of

# Bounded, so that a page without an @ costs no more than reading it.
_EMAIL = r"(?<![a-z0-9_%+.\-])(?:(?!\p{Han})[\w.%+\-]){1,64} ?@ ?(?:[\p{L}\p{N}\-]{1,63}\.){1,4}\p{L}{2,24}"
_EMAIL_AFTER_HAN = r"[a-z0-9_.%+\-]{1,64}@(?:[a-z0-9\-]{1,63}\.){1,4}[a-z]{2,24}"
_PROVIDERS = "gmail|googlemail|yahoo|hotmail|outlook|icloud|aol|protonmail|yandex|rambler|163|126|qq"
_SQUASHED = rf"(?<!\w)[\w.\-]{{1,64}}?(?:@| at )?(?:{_PROVIDERS}) ?\.? ?(?:com|co|ru|net|cn)(?!\w)"
_SIGN = places_of("@|163|126")
_DOT = places_of(r"\w\.\w|://")
_TOP = (
    "com|net|org|info|biz|io|co|uk|us|eu|de|fr|ru|рф|su|cn|edu|gov|me|tv|app|dev|shop|online|"
    "site|store|xyz|ai"
)
_PATH = r"(?:[/?#][^\s()<>\"'，。；！？]{0,2000})?"


def recognizers(language: str) -> list[EntityRecognizer]:
    """Network addresses, which look the same in every language."""
    return [
        ShapeRecognizer(
            kinds.EMAIL_ADDRESS,
            {_EMAIL: 0.9, _EMAIL_AFTER_HAN: 0.9, _SQUASHED: 0.7},
            language=language,
            near=_mail_signs,
        ),
        ShapeRecognizer(
            kinds.URL,
            {
                r"(?<![a-z0-9])(?:https?|ftps?|sftp|ssh)://[^\s()<>\"'，。；！？]{1,2000}": 0.9,
                rf"(?<![\w@.])(?:www\.)(?:[\w\-]{{1,63}}\.){{1,5}}\w{{2,24}}{_PATH}": 0.8,
                rf"(?<![\w@.\-])(?:[a-z0-9][a-z0-9\-]{{0,62}}\.){{1,4}}(?:{_TOP})(?![\w.]\w)"
                rf"{_PATH}(?!\w)": 0.6,
                rf"(?<![\w@.\-])(?:[а-яё0-9][а-яё0-9\-]{{0,62}}\.){{1,3}}рф(?![\w.]\w){_PATH}": 0.6,
            },
            language=language,
            near=_DOT,
        ),
        _ip(language),
        _mac(language),
        CryptoRecognizer(supported_language=language),
        _account_name(language),
    ]


def _mail_signs(text: str) -> list[int]:
    return sorted([*_SIGN(text), *word_starts(text).satisfying(_names_provider)])


_PROVIDER = regex.compile(_PROVIDERS)


@lru_cache(maxsize=20_000)
def _names_provider(word: str) -> bool:
    return _PROVIDER.search(word) is not None


def _ip(language: str) -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.IP_ADDRESS,
        {
            r"(?<![\d.])(?<value>(?:\d{1,3}\.){3}\d{1,3})(?:/\d{1,2})?(?!\d|\.\d)": 0.7,
            r"(?<![0-9a-f:.])(?<value>(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%\w{1,15})?)(?![0-9a-f:])": 0.7,
        },
        language=language,
        accept=_is_ip,
        near=DIGIT,
    )


_SHORTEST_IP = 5


def _is_ip(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    # "5::6" is one, too, but more often a slip.
    return any(character.isdigit() for character in value) and len(value) > _SHORTEST_IP


def _mac(language: str) -> EntityRecognizer:
    return CaptureRecognizer(
        kinds.MAC_ADDRESS,
        {
            r"(?<![0-9a-z])(?<value>[0-9a-f]{2}([:\- ])(?:[0-9a-f]{2}\2){4}[0-9a-f]{2})(?![0-9a-z])": 0.8,
            r"(?<![0-9a-z])(?<value>[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})(?![0-9a-z])": 0.8,
        },
        language=language,
        accept=lambda value: not value.replace(" ", "").isdecimal(),
        near=DIGIT,
    )


_NAME = r" {1,2}(?<value>@?[a-z][a-z0-9_.\-]{2,40}(?<![.\-]))"
_NO_NAME = frozenset(
    {"not", "the", "correct", "wrong", "invalid", "incorrect", "required", "same", "still", "also", "already"}
    | {"working", "case", "unknown", "taken", "blocked", "locked", "and", "now", "what", "that", "your"}
)
_NETWORKS = "skype|telegram|twitter|instagram|facebook|snapchat|discord|tiktok|linkedin|steam|wechat|github"
_RU_NETWORKS = "телеграм|телега|скайп|инстаграм|инста|вконтакте|дискорд|стим"


def _account_name(language: str) -> EntityRecognizer:
    """Names that people have on networks: after what they are called, or after @."""
    return CaptureRecognizer(
        kinds.ACCOUNT_NUMBER,
        {
            r"(?:微信号?|(?<![a-z])qq号?|(?<![a-z])wechat(?: id)?)(?:是|为|:|：| is|"
            r" )*(?<value>[a-z0-9_\-]{5,20})": 0.8,
            r"(?:用户名|登录名|账号名|昵称)(?:是|为|:|：| )*(?<value>[a-z0-9_.\-]{3,30})": 0.8,
            r"(?<!\w)(?:user ?name|user ?id|login|log-?in name|screen name|gamertag|nickname|handle)"
            rf"(?: is| was|:| =| -|'s){_NAME}": 0.8,
            rf"(?<!\w)(?:{_NETWORKS})(?: (?:name|handle|id|account|user ?name))?(?: is|:| =| -)? ?"
            r"(?<value>@[\w.\-]{3,40}|(?:(?<=is )|(?<=: ?))live:[\w.\-]{3,40})": 0.8,
            r"(?<!\w)(?:логин|никнейм|ник|имя пользователя)\w{0,2}(?: -| это| —|:)? ?"
            r"(?<value>[a-z][a-z0-9_.\-]{2,30})": 0.8,
            rf"(?<!\w)(?:{_RU_NETWORKS})\w{{0,2}}(?: -| это| —|:)? ?@?"
            r"(?<value>[a-z][a-z0-9_.\-]{2,30})": 0.8,
        },
        language=language,
        accept=lambda value: value.lower() not in _NO_NAME,
    )
