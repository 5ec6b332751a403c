"""The names by which transcripts call agents, customers, bots and systems, in three languages."""

import re

from service.domain.transcript import Speaker

_NAMES: dict[Speaker, str] = {
    "bot": """
        bot, chatbot, chat bot, virtual agent, virtual assistant, voicebot, ivr, robot, ai, ai assistant
        бот, чат-бот, чатбот, робот, автоответчик, голосовой помощник, виртуальный помощник
        виртуальный ассистент
        机器人, 智能客服, 客服机器人, 智能助手, 虚拟助手, 语音机器人
    """,
    "system": """
        system, announcement
        система, системное сообщение
        系统, 系统消息, 系统提示
    """,
    "agent": """
        agent, operator, representative, rep, csr, advisor, adviser, support, support agent, service agent
        customer support, customer service, customer service representative, customer service agent
        customer care, sales agent, salesperson, consultant, assistant, helpdesk, help desk, supervisor
        manager, specialist
        агент, оператор, менеджер, консультант, специалист, сотрудник, сотрудница, поддержка
        служба поддержки, техподдержка, клиентский менеджер, продавец, администратор, супервизор, диспетчер
        客服, 坐席, 座席, 客服人员, 客服代表, 客服专员, 客户服务, 客户经理, 人工客服, 话务员, 接线员
        销售, 经理, 主管, 专员, 顾问, 店员
    """,
    "customer": """
        customer, client, caller, user, guest, buyer, patient, subscriber, shopper, consumer, visitor
        клиент, клиентка, покупатель, покупательница, абонент, заказчик, пользователь, гость, посетитель
        пациент, звонящий
        客户, 顾客, 用户, 买家, 来电者, 客人, 访客, 消费者
    """,
}

ROLES: dict[str, Speaker] = {
    name.strip(): role
    for role, names in _NAMES.items()
    for line in names.split("\n")
    for name in line.split(",")
    if name.strip()
}
"""Role by the name that a transcript gives it, case folded."""

FIELDS = re.compile(
    r"^(?:note|address|total|subject|date|order|e-?mail|phone|name|price|time|number|reference|question|answer"
    r"|example|reason|примечание|адрес|итого|дата|заказ|телефон|почта|тема|имя|цена|время|номер|причина|вопрос"
    r"|ответ|например)\b"
    r"|电话|地址|姓名|编号|信息|名称|要求|问题|反馈|需求|热线|中心|邮箱|账号|手机|意见|说明|备注|时间|日期|金额|订单",
    re.IGNORECASE,
)
"""What stands before a colon in what people say and write, and names nobody: `Address:`, `电话：`."""
