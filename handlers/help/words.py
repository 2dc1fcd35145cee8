"""What 帮助 says to each role: a line for each thing that he can say, and what to say for it.

What can be said stands behind 回： or 或：, so that a test can say it.
"""

from storage.people import Role

_GO = "能去看老人，回：我去 号码"
_SEEN = "看过了，回：平安 号码"
_LINES: dict[Role, tuple[str, ...]] = {
    Role.ELDER: (
        "回1报平安，回2不舒服，回3要帮忙，发语音也行。急事打120。",
        "出门几天，回：我去儿子家3天",
        "给家里捎话，回：传话 孩子 您的话",
        "谁能看您、能留什么，回：我的同意",
    ),
    Role.FAMILY: (
        "老人没报平安时会告诉您。能去请回：我去 号码",
        "看老人今天怎样，回：今天，或：名单",
        "谁去看过，回：谁去过",
        "每天报一声，回：每天报我",
        "还要看哪位老人，回：我要关注 姓名",
        "捎句话或语音，回：传话 姓名 您的话，或：听话",
        "要人帮忙，回：请人 姓名 理发 明天上午",
        "老人出门，回：请假 姓名 3天",
        "几位轮着管，回：这周我值班，或：谁值班",
        "您在国外，回：我在纽约",
    ),
    Role.VOLUNTEER: (
        "叫到您时，能去请回：我去 号码",
        "帮忙的事，回：接单 号码，或：不接 号码",
        "到了，回：到了 号码 服务码，办完，回：完成 号码",
        "手上的事，回：我的事",
        "哪天有空，回：有空 周一到周五 8点到18点",
        "歇着，回：下岗，再来，回：上岗",
    ),
    Role.LEADER: (
        _GO,
        _SEEN,
        "没手机的老人，见到了，回：3号 5号，或：代 姓名 平安",
        "晚上补记，回：晚录 3 5",
        "看本组老人，回：名单，或：未报，或：详情 姓名",
        "老人出门，回：请假 姓名 3天",
        "改钟点，回：改时间 姓名 7点到10点",
        "要帮忙的事，回：等人的",
        "志愿者的证件，回：证件 姓名",
        "事办得怎样，看照片，回：照片 号码",
        "替家里传话，回：要传的话",
        "新来的老人，回：登记",
        "发配对码，回：配对 姓名，换了手机，回：换手机 姓名",
        "没手机的老人同意了什么，回：同意 姓名 照片",
        "有人搬走、过世，回：姓名 搬走了，或：姓名 过世了",
        "谁值班，回：值班。您要走开，回：我不在 3天",
    ),
    Role.COORDINATOR: (
        _GO,
        _SEEN,
        "早晚有小结，想再看，回：小结，上周的，回：周报",
        "看全村老人，回：名单，或：未报，或：详情 姓名",
        "改钟点，回：改时间 姓名 7点到10点",
        "要帮忙的事，回：等人的",
        "志愿者的证件，回：证件 姓名",
        "事办得怎样，看照片，回：照片 号码",
        "谁值班，回：值班。排班，回：值班 周六 8点到18点 姓名",
        "新来的老人，回：登记",
        "发配对码，回：配对 姓名，换了手机，回：换手机 姓名",
        "有人搬走、过世，回：姓名 搬走了，或：姓名 过世了",
        "演练，回：演练 姓名",
    ),
    Role.DOCTOR: ("叫到您时，能去请回：我去 号码",),
    Role.SUPERVISOR: (
        "村里都没人应时会告诉您。",
        "各村怎样，回：小结，上周的，回：周报",
        "演练，回：演练 姓名",
    ),
}
_A_PAGE = 11
"""How many lines a telephone shows at once, and one more that says how to go on."""

UNSURE = "收到了。想知道能做什么，请回：帮助"


def for_roles(roles: frozenset[Role], page: int = 1) -> str:
    """Say a page of what somebody of these roles can say; each line once."""
    lines = _lines_for(roles)
    last = max(-(-len(lines) // _A_PAGE), 1)
    page = min(max(page, 1), last)
    shown = lines[(page - 1) * _A_PAGE : page * _A_PAGE]
    more = [f"还有，请回：帮助 {page + 1}"] if page < last else []
    return "\n".join([*shown, *more])


def _lines_for(roles: frozenset[Role]) -> list[str]:
    lines = (line for role, of_it in _LINES.items() if role in roles for line in of_it)
    return list(dict.fromkeys(lines))
