"""What is said about a call: to her, to whoever may go, and to those who arrange it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from handlers import names
from handlers.names import called
from handlers.spoken import day
from storage.choosing import Why
from storage.credentials import Paper
from storage.disputes import Verdict
from storage.letters import Claimed
from storage.offers import OfferState
from storage.people import Caller
from storage.requests import State
from storage.rules import VILLAGE_TIME, village_day
from storage.volunteers import Talent

WHAT = {
    "助餐": "送饭",
    "助浴": "帮洗澡",
    "助洁": "打扫",
    "助行": "陪出门",
    "助急": "办急事",
    "助医": "陪看病",
    "理发": "理发",
    "慰藉": "聊天",
    "文体": "一起玩",
    "代办": "跑腿",
    "手机": "弄手机",
}
"""What a kind of help is called when it is spoken of."""

_STANDS = {
    State.DRAFT: "还没说全",
    State.REVIEW: "还在等村里看",
    State.OPEN: "正在找人",
    State.ASSIGNED: "有人去了",
    State.IN_SERVICE: "正在办",
    State.AWAITING_CONFIRM: "办完了，等老人说好",
    State.SETTLED: "已经办好了",
    State.DISPUTED: "正在问两边",
    State.VOID: "没有办成",
    State.CANCELLED: "已经取消了",
    State.UNFILLED: "没找到人",
}
_MAY_NOT = {
    Why.NO_VOLUNTEER: "得先登记成志愿者",
    Why.HERSELF: "这是您自己的事",
    Why.HOUSEHOLD: "自家人不算志愿服务",
    Why.EXCLUDED: "说好了不安排您去这家",
    Why.GENDER: "这件事要同性别的人去",
    Why.SKILL: "这件事要会手艺的人去",
    Why.OVERLAP: "这个时候您有别的事",
    Why.PAPERS: "少了要用的证件",
}
ANSWERS = {
    OfferState.OPEN: "还没回",
    OfferState.ACCEPTED: "愿意去",
    OfferState.WON: "他去",
    OfferState.DECLINED: "去不了",
    OfferState.TIMED_OUT: "没回音",
    OfferState.LOST: "别人去了",
}
"""What somebody answered, or did not."""
EVIDENCE = {"code": "服务码", "checkout": "完成的话", "picture": "照片"}
"""What proves a visit, as it is called where it is missing."""
_WITH_RECEIPT = ("代办", "助急")
_ON_DAYS = "一二三四五六日"


def _name(letter: Claimed) -> str:
    return names.elder(letter.about_name or "", letter.about_gender or "")


def _is_hers(letter: Claimed) -> bool:
    return letter.recipient_id == letter.about_id


def what(category: str) -> str:
    return WHAT.get(category, "帮忙")


def at(moment: datetime) -> str:
    """Say a moment aloud: 11月24日上午9点, 11月24日下午3点半."""
    there = moment.astimezone(VILLAGE_TIME)
    return f"{day(there)}{_hour(there)}"


def soon(moment: datetime, now: datetime) -> str:
    """Say a moment as it is said in an answer: 明天上午9点."""
    days = (village_day(moment) - village_day(now)).days
    near = {0: "今天", 1: "明天", 2: "后天"}.get(days)
    there = moment.astimezone(VILLAGE_TIME)
    return f"{near}{_hour(there)}" if near else at(moment)


def _hour(there: datetime) -> str:
    parts = ((8, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
    part = next(name for until, name in parts if there.hour < until)
    hour = there.hour - 12 if there.hour > 12 else there.hour
    minute = {0: "", 30: "半"}.get(there.minute, f"{there.minute}分")
    return f"{part}{hour}点{minute}"


def _detail_at(letter: Claimed) -> str:
    said = (letter.detail or {}).get("starts_at")
    return at(datetime.fromisoformat(said)) if said else ""


def _detail_what(letter: Claimed) -> str:
    return what((letter.detail or {}).get("category", ""))


# what she, or somebody for her, asks for


def placed(caller: Caller, category: str, starts_at: datetime, now: datetime) -> str:
    when = soon(starts_at, now)
    return f"{called(caller)}，记下了，{when}{what(category)}。找到人告诉您。"


def placed_at_once(caller: Caller) -> str:
    return f"{called(caller)}，记下了，正在找人来。急病、起火请打120、119。"


def placed_for(caller: Caller, elder: str, category: str, number: int, when: str) -> str:
    return f"{called(caller)}，记下了：{elder}{when}{what(category)}，{number}号。找到人告诉您。"


def looked_at(caller: Caller, category: str) -> str:
    return f"{called(caller)}，{what(category)}记下了。村里看过就安排，会告诉您。"


def which_day(caller: Caller, category: str) -> str:
    return f"{called(caller)}，哪天{what(category)}好？比如说：明天上午"


def what_is_wanted(caller: Caller) -> str:
    return f"{called(caller)}，要帮什么忙？比如说：理发、打扫、跑腿"


def what_for_her(caller: Caller, elder: str) -> str:
    return f"{called(caller)}，{elder}要帮什么忙？比如说：请人 {elder} 理发 明天上午"


def already_asked(caller: Caller, category: str, stands: str) -> str:
    return f"{called(caller)}，{what(category)}记着呢，{_STANDS[State(stands)]}。有消息告诉您。"


def somebody_asks(caller: Caller, category: str, watcher: str) -> str:
    return f"{called(caller)}，{what(category)}的事记下了。{watcher or '村里人'}会来问您。"


def every_week(caller: Caller, category: str, weekday: int) -> str:
    return f"{called(caller)}，记下了，每周{_ON_DAYS[weekday]}{what(category)}。不要了就说一声。"


def no_more_weekly(caller: Caller, category: str) -> str:
    return f"{called(caller)}，好，每周{what(category)}停了。"


def nobody_in_your_care(name: str) -> str:
    return f"没找到您能代说的“{name}”。请写全名，比如：请人 王秀英 理发 明天上午"


def cancelled(caller: Caller, category: str, paid: int = 0) -> str:
    way = f"人已动身，付了{paid}分钟。" if paid else ""
    return f"{called(caller)}，好，{what(category)}那次取消了。{way}"


def stands(number: int, state: str) -> str:
    """Say politely why what was asked cannot be: how the call stands."""
    return f"{number}号{_STANDS[State(state)]}，这一步现在用不上。谢谢您！"


def no_such_call(number: int) -> str:
    return f"没找到{number}号。请看看消息里的号码，再回一次。"


def not_yours(number: int) -> str:
    return f"{number}号要请别人来说。谢谢您！"


def at_rest() -> str:
    return "时间账正在核对，请明天再回一次。您说的我记着。"


def mine(caller: Caller, calls: Sequence[tuple[int, str, str, datetime | None]]) -> str:
    if not calls:
        return f"{called(caller)}，您现在没有在办的事。"
    lines = [
        f"{number} {_one(category, state, when)}" for number, category, state, when in calls[:6]
    ]
    return "\n".join([f"{called(caller)}，您的事：", *lines])


def _one(category: str, state: str, when: datetime | None) -> str:
    return f"{what(category)}{f' {at(when)}' if when else ''}（{_STANDS[State(state)]}）"


# whoever may go


def offer(letter: Claimed) -> str:
    detail = letter.detail or {}
    where = detail.get("group") or detail.get("village", "")
    urgent = "【急】" if letter.urgency == 1 else ""
    return (
        f"{urgent}{where}有老人要人{_detail_what(letter)}，{_detail_at(letter)}。"
        f"能去请回：接单 {letter.number}；不去回：不接 {letter.number}"
    )


def offer_ask(letter: Claimed) -> str:
    return f"能去请回：接单 {letter.number}"


def won(letter: Claimed) -> str:
    detail = letter.detail or {}
    home = detail.get("home", {})
    where, phone = home.get("group", ""), home.get("phone", "")
    asked = "请您" if letter.actor_name else "定了："
    others = "，两个人一起" if "、" in detail.get("who", "") else ""
    call = f"，电话{phone}" if phone else ""
    return (
        f"{asked}{_detail_at(letter)}去{where}{letter.about_name}家{_detail_what(letter)}"
        f"{others}{call}。到了请回：到了 {letter.number} 加服务码"
    )


def won_ask(letter: Claimed) -> str:
    return f"{_detail_at(letter)}请您去"


def lost(letter: Claimed) -> str:
    return f"{letter.number}号已经有人去了。谢谢您愿意帮忙！"


def off(letter: Claimed) -> str:
    if _is_hers(letter):
        return f"{_name(letter)}，{_detail_what(letter)}那次取消了。"
    if not (letter.detail or {}).get("goes"):
        return f"{letter.about_name}{_detail_at(letter)}的{_detail_what(letter)}取消了。"
    minutes = (letter.detail or {}).get("minutes")
    thanks_ = f"您已动身，记下{minutes}分钟。" if minutes else "谢谢您！"
    return f"{_detail_at(letter)}的{_detail_what(letter)}（{letter.number}号）不用去了。{thanks_}"


def absent(letter: Claimed) -> str:
    return f"{letter.number}号没等到您，另找人了。下回去不了请早说：退单 {letter.number}"


def left(letter: Claimed) -> str:
    return f"{letter.about_name}那里办完了吗？办完请回：完成 {letter.number}"


def thanks(letter: Claimed) -> str:
    detail = letter.detail or {}
    flowers, minutes = detail.get("flowers"), detail.get("minutes")
    sent = f"送您{flowers}朵花" if flowers else "谢谢您"
    stored = f"记下{minutes}分钟。" if minutes else ""
    return f"{letter.about_name}{sent}！{_detail_what(letter)}的事办好了，{stored}"


def you_go(category: str, elder: str, when: str, number: int) -> str:
    return f"好，{when}{elder}家{what(category)}就托付给您了。去不了请早回：退单 {number}"


def noted(number: int) -> str:
    return f"好，{number}号记下您了。定下谁去，马上告诉您。"


def you_already_go(number: int) -> str:
    return f"{number}号就是您去，记着呢。到了请回：到了 {number} 加服务码"


def somebody_goes(number: int) -> str:
    return f"{number}号已经有人去了。谢谢您愿意帮忙！"


def may_not(number: int, why: Sequence[str], papers: Sequence[str]) -> str:
    first = next((one for one in _MAY_NOT if one in why), "")
    reason = _MAY_NOT.get(first, "这次不合适")
    lacking = f"：{'、'.join(papers)}" if first == Why.PAPERS and papers else ""
    return f"{number}号这次不能去，{reason}{lacking}。谢谢您！"


def waits_for_minutes(number: int) -> str:
    return f"{number}号等村里点个头，定了马上告诉您。谢谢您！"


def declined(number: int) -> str:
    return f"好，{number}号我再问别人。谢谢您回话！"


def nothing_asked() -> str:
    return "现在没有要您接的事。谢谢您！"


def which_call(verb: str, calls: Sequence[tuple[int, str]]) -> str:
    named = "，".join(f"{number} {what(category)}" for number, category in calls[:6])
    return f"有{len(calls)}件：{named}。请回：{verb} {calls[0][0]}"


def withdrawn(number: int) -> str:
    return f"好，{number}号我马上另找人。谢谢您告诉我！"


def arrived(number: int) -> str:
    return f"记下了，您到了。办完请回：完成 {number}"


def arrived_without_code(number: int) -> str:
    return f"记下了，您到了。老人的服务码问到了，请回：到了 {number} 加服务码"


def wrong_code(number: int) -> str:
    return f"服务码对不上，请老人再看看。再回一次：到了 {number} 加服务码"


def no_more_codes(number: int) -> str:
    return f"服务码先不用了，办事要紧。到了请回：到了 {number}"


def too_early(number: int, when: str) -> str:
    return f"{number}号是{when}。到时候再回：到了 {number}"


def said_before(number: int) -> str:
    return f"记着呢，您已经到了。办完请回：完成 {number}"


def not_arrived(number: int) -> str:
    return f"还没听到您到。请先回：到了 {number} 加服务码"


def spoken_for(elder: str) -> str:
    return f"好，记下了：{elder}平安。"


def finished(minutes: int, elder: str, lacking: str = "") -> str:
    if lacking:
        return f"辛苦了！记下{minutes}分钟，{lacking}。"
    return f"辛苦了！记下{minutes}分钟，等{elder}说声好就存进去。"


def lacking(number: int, category: str, missing: Collection[str]) -> str:
    """Ask in one sentence for what is missing; "" where there is nothing."""
    picture = "票据的照片" if category in _WITH_RECEIPT else "办好后的照片（别拍人）"
    say_code = f"请问老人再回：到了 {number} 加服务码"
    if "code" in missing and "picture" in missing:
        return f"还差服务码和{picture}，{say_code}，照片直接发来"
    if "code" in missing:
        return f"还差服务码，{say_code}"
    return f"还差{picture}，请现在发来" if "picture" in missing else ""


def still_lacking(letter: Claimed) -> str:
    detail = letter.detail or {}
    said = lacking(letter.number or 0, detail.get("category", ""), detail.get("missing", ()))
    return f"{letter.about_name}那次{_detail_what(letter)}{said}。"


def picture_kept(number: int) -> str:
    return f"照片收到了，记在{number}号上。谢谢您！"


def picture_comes(what: str, nth: int, of: int) -> str:
    return f"{what}的照片这就发给您。" if of == 1 else f"{what}的第{nth}张照片这就发，共{of}张。"


def no_picture(what: str, of: int) -> str:
    return f"{what}只有{of}张照片。" if of else f"{what}没有照片。"


def picture_is_gone(what: str) -> str:
    return f"{what}的照片看不到了，微信只留三天。"


def picture_shown(letter: Claimed) -> str:
    return f"{(letter.detail or {}).get('what', '')}的照片，{letter.actor_name}发来的："


def code_kept(number: int) -> str:
    return f"{number}号的服务码对上了，记下了。谢谢您！"


def on_duty() -> str:
    return "好，您上岗了。有老人要帮忙就问您。"


def off_duty() -> str:
    return "好，您歇着，不再问您。想回来请回：上岗"


def not_a_volunteer() -> str:
    return "您还没登记成志愿者。想帮忙，请跟组长说一声。"


def profile_kept(hours: str, days: str, where: str) -> str:
    return f"记下了：{days}{hours}有空，去{where}。要改随时说。"


def how_to_say_hours() -> str:
    return "请这样说：有空 周一到周五 8点到18点"


def how_far(where: str) -> str:
    return f"记下了，您去{where}。要改请回：范围 本组、本村、邻村"


def at_most(hours: int, per: str) -> str:
    return f"记下了，一{per}最多{hours}小时。"


def not_together(caller: Caller, other: str) -> str:
    return f"{called(caller)}，好，记下了，不安排{other}。"


def together_again(caller: Caller, other: str) -> str:
    return f"{called(caller)}，好，{other}又可以安排了。"


def nobody_of_that_name(name: str) -> str:
    return f"村里没找到“{name}”。请写全名再回一次。"


# what she hears of it


def coming(letter: Claimed) -> str:
    detail = letter.detail or {}
    who, code = detail.get("who", ""), detail.get("code", "")
    if _is_hers(letter):
        return f"{_name(letter)}，{who}{_detail_at(letter)}来。见面说服务码{code}。"
    return (
        f"{letter.about_name}的{_detail_what(letter)}：{who}{_detail_at(letter)}去。"
        f"服务码{code}，见面告诉来的人。"
    )


def coming_ask(letter: Claimed) -> str:
    return f"服务码{(letter.detail or {}).get('code', '')}"


def gone(letter: Claimed) -> str:
    if _is_hers(letter):
        return f"{_name(letter)}，{letter.actor_name}来不了了。我马上另找人。"
    return (
        f"{letter.about_name}的{_detail_what(letter)}，{letter.actor_name}去不了了。"
        f"正在另找人，您也可以回：指派 {letter.number} 姓名"
    )


def sorry(letter: Claimed) -> str:
    if _is_hers(letter):
        return f"{_name(letter)}，对不住，{_detail_what(letter)}没找到人。组长知道了。"
    return (
        f"{letter.about_name}{_detail_at(letter)}要{_detail_what(letter)}，"
        "问过的人都去不了，还没找到人。请您也想想办法。"
    )


def refused(letter: Claimed) -> str:
    if _is_hers(letter):
        return f"{_name(letter)}，这次{_detail_what(letter)}没办成。{_who(letter)}跟您说。"
    return f"{letter.about_name}的{_detail_what(letter)}这次没办成。请问问{_who(letter)}。"


def how(letter: Claimed) -> str:
    who = (letter.detail or {}).get("who", "")
    if _is_hers(letter):
        return f"{_name(letter)}，{who}来过了，还好吗？好就回：好 {letter.number}"
    return (
        f"{letter.about_name}的{_detail_what(letter)}，{who}去过了。"
        f"好请回：好 {letter.number}；不好回：不对 {letter.number}"
    )


def how_ask(letter: Claimed) -> str:
    return f"好请回：好 {letter.number}"


def confirmed(caller: Caller) -> str:
    return f"{called(caller)}，记下了。想谢谢人家，就说：五朵花"


def flowers_sent(caller: Caller, flowers: int) -> str:
    return f"{called(caller)}，{flowers}朵花转告了，谢谢您！"


def which_visit(caller: Caller, verb: str, calls: Sequence[tuple[int, str]]) -> str:
    first = calls[0]
    return f"{called(caller)}，是说{what(first[1])}吗？是就回：{verb} {first[0]}"


def disputed(caller: Caller, number: int) -> str:
    return f"{called(caller)}，记下了。请说说怎么回事：说明 {number} …"


def _who(letter: Claimed) -> str:
    return letter.actor_name or "村里人"


# those who arrange it


def review(letter: Claimed) -> str:
    return (
        f"{letter.about_name}{_detail_at(letter)}要{_detail_what(letter)}，请您先看看。"
        f"行请回：同意 {letter.number}；不行回：不同意 {letter.number}"
    )


def vouch(letter: Claimed) -> str:
    minutes = (letter.detail or {}).get("minutes", 0)
    return (
        f"{letter.about_name}要{_detail_what(letter)}，自己的时间不够，村里公共时间出{minutes}分钟。"
        f"行请回：同意 {letter.number}"
    )


def review_ask(letter: Claimed) -> str:
    return f"行请回：同意 {letter.number}"


def unclear(letter: Claimed) -> str:
    return f"{letter.about_name}想请人{_detail_what(letter)}，没说清什么时候。请您问问。"


def untaken(letter: Claimed) -> str:
    asked = (letter.detail or {}).get("asked", 0)
    why = f"问了{asked}位都去不了" if asked else "没有能问的志愿者"
    return (
        f"{letter.about_name}{_detail_at(letter)}要{_detail_what(letter)}，{why}。"
        f"请您找人，回：指派 {letter.number} 姓名"
    )


def untaken_ask(letter: Claimed) -> str:
    return f"请指派人：指派 {letter.number}"


def alone(letter: Claimed) -> str:
    return (
        f"{letter.about_name}家{_detail_what(letter)}要两个人，{_who(letter)}没到。"
        "请您快去看看，别让一个人办。"
    )


def see(letter: Claimed) -> str:
    detail = letter.detail or {}
    missing = "、".join(EVIDENCE[one] for one in detail.get("missing", ()))
    return (
        f"{letter.about_name}的{_detail_what(letter)}（{detail.get('who', '')}）还没人说好，"
        f"{f'还缺{missing}' if missing else '凭据也不全'}。请您问问，好就回：好 {letter.number}"
    )


def with_her(letter: Claimed) -> str:
    return (
        f"{letter.about_name}今天还没报平安。您正在她家，她好吗？"
        f"好请回：代 {letter.about_name} 平安"
    )


def poor(letter: Claimed) -> str:
    flowers = (letter.detail or {}).get("flowers", 0)
    return f"{letter.about_name}的{_detail_what(letter)}只给了{flowers}朵花。请您去问问怎么了。"


def tell(letter: Claimed) -> str:
    if _is_hers(letter):
        return f"{_name(letter)}，怎么回事请说：说明 {letter.number} …"
    what_ = _detail_what(letter)
    return f"{letter.about_name}的{what_}有话要说清。请回：说明 {letter.number} 加您的话"


def tell_ask(letter: Claimed) -> str:
    return f"请回：说明 {letter.number}"


def judge(letter: Claimed) -> str:
    told = (letter.detail or {}).get("told") or []
    said = "\n".join(f"{name}说：{words}" for name, words in told) or "两边都没有说。"
    if (letter.detail or {}).get("pictures"):
        said += f"\n有照片，要看回：照片 {letter.number}"
    return (
        f"{letter.about_name}的{_detail_what(letter)}（{letter.number}号）要您断一断。\n{said}\n"
        f"请回：裁决 {letter.number} 付（或 部分30、退）加理由"
    )


def judge_ask(letter: Claimed) -> str:
    return f"请回：裁决 {letter.number}"


def verdict(letter: Claimed) -> str:
    detail = letter.detail or {}
    result = _result(detail.get("verdict", ""), detail.get("minutes"))
    end = "这是最后的。" if detail.get("final") else f"不服可回：申诉 {letter.number}"
    if _is_hers(letter):
        return f"{_name(letter)}，{_detail_what(letter)}的事断了：{result}。{end}"
    return f"{letter.number}号断了：{result}，因为{detail.get('reason', '')[:20]}。{end}"


def _result(verdict: str, minutes: int | None) -> str:
    if verdict == Verdict.PART:
        return f"付{minutes}分钟"
    return "照付" if verdict == Verdict.PAY else "退还"


def approved(number: int) -> str:
    return f"好，{number}号去找人了。"


def asked_for_minutes(number: int) -> str:
    return f"好，{number}号还要村干部点头出时间，已经问了。"


def not_approved(number: int) -> str:
    return f"好，{number}号不办了，告诉她家了。"


def assigned(number: int, who: str) -> str:
    return f"好，{number}号请{who}去，两边都告诉了。"


def assigned_one(number: int, who: str) -> str:
    return f"好，{number}号记下{who}，还差一位。"


def cannot_be_assigned(number: int, who: str, why: Sequence[str], papers: Sequence[str]) -> str:
    first = next((one for one in _MAY_NOT if one in why), "")
    reason = _MAY_NOT.get(first, "这次不合适").replace("您", who)
    lacking = f"：{'、'.join(papers)}" if first == Why.PAPERS and papers else ""
    return f"{number}号不能请{who}，{reason}{lacking}。请换一位。"


def open_calls(calls: Sequence[tuple[int, str, str, datetime | None, str]]) -> str:
    if not calls:
        return "现在没有等人的事。"
    lines = [
        f"{number} {elder} {_one(category, state, when)}"
        for number, elder, category, when, state in calls[:10]
    ]
    return "\n".join(["等人的事：", *lines])


def talents(field: str, found: Sequence[Talent]) -> str:
    if not found:
        return f"还没有人会{field}。" if field else "还没登记谁有手艺。"
    lines = [
        f"{one.name} {one.skills}{f' {one.phone}' if one.phone else ''}"
        f"{'' if one.is_on_duty else '（歇着）'}"
        for one in found
    ]
    return "\n".join([f"会{field}的：" if field else "有手艺的：", *lines])


def never_asked(people: Sequence[str]) -> str:
    if not people:
        return "上岗的人都问到过。"
    more = f"等{len(people)}位" if len(people) > 12 else f"，共{len(people)}位"
    return f"还没问到过：{'、'.join(people[:12])}{more}。"


def ending_papers(found: Sequence[tuple[str, str, date]]) -> str:
    if not found:
        return "近期没有要到期的证件。"
    lines = [f"{name} {kind} {_day(until)}到期" for name, kind, until in found[:10]]
    more = [f"共{len(found)}份"] if len(found) > 10 else []
    return "\n".join(["快到期的证件：", *lines, *more])


def papers_end(letter: Claimed) -> str:
    listed = (letter.detail or {}).get("papers", ())
    found = [(name, kind, date.fromisoformat(until)) for name, kind, until in listed]
    if not _is_hers(letter):
        return ending_papers(found)
    name, kind, until = found[0]
    return f"{name}，您的{kind}{_day(until)}到期。换了新的，请告诉组长。"


def paper_noted(who: str, kind: str, until: date) -> str:
    return f"记下了：{who}的{kind}，到{_day(until)}。有照片请现在发来。"


def paper_seen(who: str, kind: str) -> str:
    return f"照片收到了，记在{who}的{kind}上。"


def papers(who: str, found: Sequence[Paper], today: date) -> str:
    if not found:
        return f"{who}还没有记下证件。"
    return "\n".join([f"{who}的证件：", *(_paper(one, today) for one in found)])


def _paper(paper: Paper, today: date) -> str:
    number = f" {paper.document}" if paper.document else ""
    picture = "，有照片" if paper.has_picture else ""
    ended = "已" if paper.valid_until < today else ""
    return f"{paper.kind}{number} {_day(paper.valid_until)}{ended}到期{picture}"


def how_to_note_paper() -> str:
    return "请这样回：证件 刘翠花 培训 2027年3月1日。可记培训、承诺书、保险、执照、健康证。"


def _day(there: date) -> str:
    return f"{there.year}年{day(there)}"


def villages_tied(name: str) -> str:
    return f"好，和{name}互相帮忙。村里没人时也问他们。"


def no_such_village(name: str) -> str:
    return f"没找到“{name}”这个村。请写全名再回一次。"


def statement_kept() -> str:
    return "记下了，只给断这件事的人看。谢谢您！"


def judged(number: int) -> str:
    return f"好，{number}号断了，两边都告诉了。"


def judged_too_early(number: int) -> str:
    return f"{number}号两边还没说完，请等一等再断。"


def judges_himself(number: int) -> str:
    return f"{number}号有您自己的事，要请别人来断。"


def how_to_judge(number: int) -> str:
    return f"请写上理由，比如：裁决 {number} 部分30 来晚了"


def appealed(number: int) -> str:
    return f"好，{number}号请上级再看一次。"


def offer_parts(parts: Mapping[str, float]) -> str:
    """Say what a score is made of, the weightiest part first."""
    counts = [(name, points) for name, points in parts.items() if points]
    counts.sort(key=lambda one: -abs(one[1]))
    return "，".join(f"{_PARTS[name]}{points:+g}" for name, points in counts)


_PARTS = {
    "group": "同组",
    "continuity": "去过",
    "distance": "远近",
    "load": "最近多少",
    "waited": "多久没问",
    "absent": "没到",
}


def why_them(number: int, found: Sequence[tuple[str, str, str]]) -> str:
    if not found:
        return f"{number}号还没问过人。"
    lines = [f"{name}（{said}）{parts}" for name, said, parts in found[:8]]
    return "\n".join([f"{number}号问了：", *lines])
