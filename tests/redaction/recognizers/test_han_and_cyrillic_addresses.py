"""Russian and Chinese addresses, with capitals and marks and as speech recognition writes them."""

import pytest
import regex

from redaction.recognizers import chinese_addresses, russian_addresses
from redaction.spans import Finding, settle

RUSSIAN = (
    """
живу на [улице Ленина дом 5 квартира 12]|адрес [ул. Мира, д. 7, кв. 3] верно
[проспект Мира 15 корпус 2 квартира 8]
доставка [г. Самара, ул. Гагарина, д. 10]|[невский проспект 28]|[улица 8 марта дом 3]
[переулок сивцев вражек 4]
[пр-т Ленина, 45-12]|[443001, г. Самара, ул. Мира, д. 7]|[ленина 5 квартира 12] подъезд первый
[ул Баумана 36 кв 2]
[микрорайон солнечный дом 4]|[набережная реки фонтанки 15]|[1-я тверская-ямская улица дом 8]
[посёлок лесной улица садовая 3]|[москва], [тверская 12 квартира 5]
[санкт-петербург] [улица рубинштейна 10 квартира 4]
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
CHINESE = (
    """
我住在[北京市朝阳区建国路88号3号楼502室]|地址是[上海市浦东新区世纪大道100号]|[杭州市西湖区文三路398号2单元301室]
寄到[广东省深圳市南山区科技园南路15号A座1203]|[武汉市洪山区珞喻路1037号]|住在[幸福小区3号楼2单元501]|[阳光花园12栋3单元]
[江苏省苏州市工业园区星湖街328号]|地址[成都市武侯区天府大道北段1700号]|送到[上海徐汇区漕溪北路88弄5号602室]
[人民路一百二十号]|[浙江省义乌市稠城街道工人西路5号]
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize(
    ("rules", "marked"),
    [
        *((russian_addresses, marked) for marked in RUSSIAN),
        *((chinese_addresses, marked) for marked in CHINESE),
    ],
)
def test_an_address_is_found_whole(rules: object, marked: str) -> None:
    text = regex.sub(r"[\[\]]", "", marked)
    findings = [
        Finding(result.start, result.end, result.entity_type, result.score)
        for rule in rules.recognizers()
        for result in rule.analyze(text, rule.supported_entities)
    ]
    wanted = regex.findall(r"\[(.*?)\]", marked)
    assert [text[finding.start : finding.end] for finding in settle(findings, text)] == wanted
