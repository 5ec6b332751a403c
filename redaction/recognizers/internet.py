"""Addresses on networks: e-mail, web, IP, hardware, and wallets."""

import regex
from presidio_analyzer import EntityRecognizer
from presidio_analyzer.predefined_recognizers import CryptoRecognizer, IpRecognizer, MacAddressRecognizer

from redaction import kinds
from redaction.recognizers.shapes import CaptureRecognizer, ShapeRecognizer

# Bounded, so that a page without an @ costs no more than reading it.
_EMAIL = r"(?<![a-z0-9_%+.\-])(?:(?!\p{Han})[\w.%+\-]){1,64} ?@ ?(?:[\p{L}\p{N}\-]{1,63}\.){1,4}\p{L}{2,24}"
_EMAIL_AFTER_HAN = r"[a-z0-9_.%+\-]{1,64}@(?:[a-z0-9\-]{1,63}\.){1,4}[a-z]{2,24}"
_PROVIDERS = "gmail|googlemail|yahoo|hotmail|outlook|icloud|aol|protonmail|yandex|rambler|163|126|qq"
_SQUASHED = rf"(?<!\w)[\w.\-]{{1,64}}?(?:@| at )?(?:{_PROVIDERS}) ?\.? ?(?:com|co|ru|net|cn)(?!\w)"
_MAIL_SIGN = regex.compile(
    rf"@|(?<!\w)(?:at|собака|艾特|{_PROVIDERS})|(?:{_PROVIDERS}) ?\.?(?:com|co|ru|net|cn)(?!\w)", regex.I
)
_DOT = regex.compile(r"\w\.\w|://")
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
            near=_MAIL_SIGN,
        ),
        ShapeRecognizer(
            kinds.URL,
            {
                r"(?<!\w)(?:https?|ftp)://[^\s()<>\"'，。；！？]{1,2000}": 0.9,
                rf"(?<![\w@.])(?:www\.)(?:[\w\-]{{1,63}}\.){{1,5}}\w{{2,24}}{_PATH}": 0.8,
                rf"(?<![\w@.\-])(?:[a-z0-9][a-z0-9\-]{{0,62}}\.){{1,4}}(?:{_TOP})(?![\w.]\w)"
                rf"{_PATH}(?!\w)": 0.6,
            },
            language=language,
            near=_DOT,
        ),
        IpRecognizer(supported_language=language),
        MacAddressRecognizer(supported_language=language),
        CryptoRecognizer(supported_language=language),
        CaptureRecognizer(
            kinds.ACCOUNT_NUMBER,
            {
                r"(?:微信号?|(?<![a-z])qq号?|(?<![a-z])wechat(?: id)?)(?:是|为|:|：| is|"
                r" )*(?<value>[a-z0-9_\-]{5,20})": 0.8
            },
            language=language,
        ),
    ]
