"""Chinese addresses: from province down to the room, in that order, without spaces."""

from presidio_analyzer import EntityRecognizer

from redaction import kinds
from redaction.recognizers.shapes import CaptureRecognizer

_LANGUAGE = "zh"
_MUNICIPAL = "北京|上海|天津|重庆"
_PROVINCE = (
    "河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|"
    "云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_REGION = rf"(?:(?:{_MUNICIPAL})市?|(?:{_PROVINCE})(?:省|(?:壮族|回族|维吾尔)?自治区)?)"
_NAME = r"(?:成都|(?![是在于址就为的我你您他她它位去到从和有与及或了这那个也都住往离近往约见记下吧])\p{Han})"
_CITY = rf"{_NAME}{{2,6}}?(?:市|自治州|地区|盟)"
_DISTRICT = rf"{_NAME}{{1,6}}?(?:区|县|旗|镇|乡)"
_ROAD = rf"{_NAME}{{1,8}}?(?:路|街|大道|大街|巷|胡同|弄|道)(?:[东西南北中]段?)?"
_NUMBER = r"[A-Za-z]?[0-9一二三四五六七八九十百零〇]{1,6}(?:-\d{1,5})?"
_ROOM = "[0-9零〇一二三四五六七八九幺]{2,5}"
_ESTATE = rf"{_NAME}{{2,10}}?(?:小区|花园|公寓|大厦|苑|家园|宿舍|公馆|科技园|产业园|广场|大学|学院){{1,2}}"
_DETAIL = (
    rf"(?:[A-Za-z](?:座|栋|区|幢)|{_NUMBER} ?(?:号楼|号院|号|弄|栋|幢|座|单元|楼|层|室|户|房|巷)|{_ESTATE})"
)


def recognizers() -> list[EntityRecognizer]:
    """Addresses in text with Chinese characters, and home towns."""
    return [
        CaptureRecognizer(
            kinds.ADDRESS,
            {
                rf"(?<value>{_REGION}(?:{_CITY})?(?:{_DISTRICT})?{_ROAD}"
                rf"(?:{_DETAIL}){{0,6}}(?:{_ROOM})?)": 0.7,
                rf"(?<value>{_REGION}(?:{_CITY})?{_DISTRICT}(?:{_DETAIL}){{1,6}}(?:{_ROOM})?)": 0.7,
                rf"(?:住在?|寄[到往]|送[到往]|地址(?:是|为|:|：)?|"
                rf"家在)(?<value>(?:{_CITY})?(?:{_DISTRICT})?(?:{_ROAD})?(?:{_DETAIL}){{1,6}}"
                rf"(?:{_ROOM})?)": 0.7,
                rf"(?<value>{_DISTRICT}{_ROAD}{_NUMBER}号(?:{_DETAIL}){{0,5}})": 0.65,
                rf"(?<value>(?:{_NAME}{{2,4}}?市)?(?:{_NAME}{{1,4}}?[区县镇])?"
                rf"{_NAME}{{2,5}}?(?:路|街|大道|大街|胡同){_NUMBER}号"
                rf"(?:院)?(?:{_DETAIL}){{0,5}}(?:{_ROOM})?)": 0.6,
                rf"(?<value>(?:{_ESTATE})?{_NUMBER}(?:号楼|栋|幢|单元)(?:{_DETAIL}){{1,4}}"
                rf"(?:{_ROOM})?)": 0.65,
            },
            language=_LANGUAGE,
        ),
        CaptureRecognizer(
            kinds.LOCATION,
            {rf"(?:我住在?|家在|我来自|老家(?:是|在)|人在)(?<value>{_REGION}(?:{_CITY})?|{_CITY})": 0.6},
            language=_LANGUAGE,
        ),
    ]
