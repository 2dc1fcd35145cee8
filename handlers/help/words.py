"""What 帮助 says to each role: a line for each thing that she can say."""

from storage.people import Role

_GO = "能去看老人，回：我去 号码"
_LINES: dict[Role, tuple[str, ...]] = {
    Role.ELDER: ("回1报平安，回2不舒服，回3要帮忙，发语音也行。急事打120。",),
    Role.FAMILY: (
        "老人没报平安时会告诉您。能去请回：我去",
        "看老人今天怎样，回：名单",
        "要人帮忙，回：请人 姓名 理发 明天上午",
    ),
    Role.VOLUNTEER: (
        "叫到您时，能去请回：我去",
        "帮忙的事，回：接单 号码，或：不接 号码",
        "到了回：到了 号码 服务码，办完回：完成 号码",
        "歇着，回：下岗",
    ),
    Role.LEADER: (
        _GO,
        "看过了，回：平安 号码",
        "没手机的老人，见到了回：3号 5号，或者：代 姓名 平安",
        "晚上补记，回：晚录 3 5",
        "看本组老人，回：名单，或未报、详情 姓名",
        "改钟点，回：改时间 姓名 7点到10点",
        "要帮忙的事，回：等人的",
        "志愿者的证件，回：证件 姓名",
        "发配对码，回：配对 姓名",
        "谁值班，回：值班。您要走开，回：我不在 3天",
    ),
    Role.COORDINATOR: (
        _GO,
        "看过了，回：平安 号码",
        "早晚有小结，想再看回：小结，上周的回：周报",
        "看全村老人，回：名单，或未报、详情 姓名",
        "改钟点，回：改时间 姓名 7点到10点",
        "要帮忙的事，回：等人的",
        "志愿者的证件，回：证件 姓名",
        "谁值班，回：值班。排班回：值班 周六 8点到18点 姓名",
        "演练，回：演练 姓名",
    ),
    Role.DOCTOR: ("叫到您时，能去请回：我去 号码",),
    Role.SUPERVISOR: (
        "村里都没人应时会告诉您。",
        "各村怎样，回：小结，上周的回：周报",
        "演练，回：演练 姓名",
    ),
}

UNSURE = "收到了。想知道能做什么，请回：帮助"


def for_roles(roles: frozenset[Role]) -> str:
    """Say each line once, though somebody is several at once."""
    lines = (line for role, of_it in _LINES.items() if role in roles for line in of_it)
    return "\n".join(dict.fromkeys(lines))
