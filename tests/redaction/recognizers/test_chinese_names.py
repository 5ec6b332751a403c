"""Chinese names in calls, and the words that begin like one."""

import pytest
import regex

from redaction.recognizers.chinese_names import recognizers
from redaction.spans import Finding, settle

NAMED = (
    """
我是[王小明]，想查一下订单|我叫[刘洋]|叫我[小李]就行|[王]女士您好|请转给[张]经理|联系人[刘洋]，电话稍后发|联系人是[陈思远]
收件人：[赵雅芝]|我是客服[小张]很高兴为您服务|这里是[李娜]|我姓[欧阳]|您好[周建国]先生|麻烦找一下[孙丽]|是[吴昊]本人吗
我老公叫[郑伟]|我妈妈[黄秀英]的医保卡|户主是[马超群]|[徐静]说她没收到|你好，我是[何雨]|[何]先生在吗|投保人[罗美玲]
被保险人为[梁宏达]|客户[孟繁星]投诉|她叫[安琪]|我叫[白露]谢谢|快递员[小刘]送错了|姓名[慕容雪]|我叫[司马懿]|名字是[曹雪芹]
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

NOBODY = (
    """
谢谢您的帮助|很高兴为您服务|请您安排一下时间|这个方案很方便|黄金会员有什么权益|何时可以到货|我想预订一间高级房|周末可以送吗
金额是多少|请您安静|马上给您处理|我要退款，常用地址不变|成功了吗|单号发我|温馨提示您一下|方便留个电话吗|高峰时段可能延迟
我是说周三不行|我是想问一下|我是你们的老客户|我叫了外卖|叫我怎么办|您贵姓|时间安排在周五|石家庄能送到吗|万一坏了呢|何必呢
安装师傅什么时候来|毛病很多|强烈要求退款|和平路那家|解除合同|雷阵雨天气|许多人反映|鲁莽了|牛奶过期了|花费太多|水管坏了
戴尔电脑|祝福您|关于退款|路由器|全部退款|支付宝|幺三八|找时间给我打电话|让应该来的人来|给白色的那个
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


def found(text: str) -> list[str]:
    findings = [
        Finding(result.start, result.end, result.entity_type, result.score)
        for rule in recognizers()
        for result in rule.analyze(text, rule.supported_entities)
    ]
    return [text[finding.start : finding.end] for finding in settle(findings, text)]


@pytest.mark.parametrize("marked", NAMED)
def test_a_name_is_found_without_what_stands_around_it(marked: str) -> None:
    assert found(regex.sub(r"[\[\]]", "", marked)) == regex.findall(r"\[(.*?)\]", marked)


@pytest.mark.parametrize("text", NOBODY)
def test_words_that_begin_like_a_name_are_nobody(text: str) -> None:
    assert found(text) == []
