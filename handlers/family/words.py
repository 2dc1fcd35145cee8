"""What families hear of their own, and what is said to who speaks through us to them."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from handlers import names
from handlers.family.seen import Seen
from handlers.family.when import both
from handlers.spoken import day, hour
from storage.checkins import BY_PROXY
from storage.company import Company
from storage.holds import HOSPITAL, Hold
from storage.letters import Claimed
from storage.people import Caller
from storage.relatives import Kin
from storage.rules import VILLAGE_TIME
from storage.today import ElderToday, FirstSign, Standing

_STANDS = {
    Standing.WELL: "平安",
    Standing.HEARD: "有回音",
    Standing.HARMED: "有急事，叫人了",
    Standing.TO_SEE: "有回音，要去看看",
    Standing.MISSED: "还没联系上，在找人",
    Standing.SEEN: "有人去看过了",
    Standing.WAITING: "还没报",
    Standing.UNKNOWN: "今天没问成",
}
_MOST = 12
"""How many lines one message holds."""


def today(seen: Sequence[Seen], clock: tzinfo) -> str:
    return "\n".join(_today(one, clock) for one in seen[:_MOST])


def _today(seen: Seen, clock: tzinfo) -> str:
    parts = [_stands(seen), *_heard(seen.sign, clock), *_goes(seen.stands)]
    parts += [_comes(visit, clock) for visit in seen.comes]
    return f"{seen.name}：{'。'.join(parts)}。"


def _stands(seen: Seen) -> str:
    if seen.hold is not None:
        return _away(seen.hold)
    if seen.stands is None:
        return "没约好每天报平安"
    return _STANDS.get(seen.stands.standing, "请假")


def _away(hold: Hold) -> str:
    what = "在住院" if hold.reason == HOSPITAL else "请假"
    return f"{what}，到{day(hold.last_day)}"


def _heard(sign: FirstSign | None, clock: tzinfo) -> list[str]:
    if sign is None:
        return []
    who = f"{sign.by}代报" if sign.kind == BY_PROXY else "听到的"
    return [f"今天{both(sign.at, clock)}{who}"]


def _goes(stands: ElderToday | None) -> list[str]:
    return [f"{stands.goes}去看了"] if stands and stands.goes else []


def _comes(visit: Company, clock: tzinfo) -> str:
    return f"{both(visit.at, clock)}{visit.who}来{visit.category}"


def visits(came: Sequence[tuple[str, Company]], days: int) -> str:
    if not came:
        return f"这{days}天没有记下谁去过。"
    return "\n".join(_visit(elder, one) for elder, one in came[:_MOST])


def _visit(elder: str, one: Company) -> str:
    flowers = f"，{one.flowers}朵花" if one.flowers else ""
    when = day(one.at.astimezone(VILLAGE_TIME).date())
    return f"{when} {elder}：{one.who}去{one.category}{flowers}"


def daily_on() -> str:
    return "好，老人有回音了，每天跟您说一声。不要了请回：不用每天报"


def daily_off() -> str:
    return "好，不每天报了。有急事照样叫您。"


def well_today(letter: Claimed) -> str:
    """Say once a day who was heard; of whom somebody has to see, only that."""
    return f"{'；'.join(_of_mark(letter))}。"


def well_today_ask(letter: Claimed) -> str:
    heard = "、".join(_names(letter))
    return f"{heard}今天有回音" if len(heard) <= 14 else "老人们今天都有回音"


def is_all_well(letter: Claimed) -> bool:
    return all(standing != Standing.TO_SEE for _, standing in _marked(letter))


def _of_mark(letter: Claimed) -> list[str]:
    by_mark: dict[str, list[str]] = {}
    for name, standing in _marked(letter):
        by_mark.setdefault(_STANDS[Standing(standing)], []).append(name)
    return [f"{'、'.join(names)}今天{mark}" for mark, names in by_mark.items()]


def _marked(letter: Claimed) -> list[list[str]]:
    marked: list[list[str]] = (letter.detail or {})["heard"]
    return marked


def _names(letter: Claimed) -> list[str]:
    return [name for name, _ in _marked(letter)]


def to_whom(kin: Sequence[Kin]) -> str:
    named = "、".join(one.name for one in kin[:5])
    return f"传给哪位？您可以传给：{named}。请写：传话 {kin[0].name}，您的话"


def speak_now(name: str) -> str:
    return f"好，请发一条语音，或者打字，我传给{name}。"


def speak_back(called: str, name: str) -> str:
    return f"{called}，请说吧，发语音就行，我传给{name}。"


def passed_on(name: str, *, by_night: bool) -> str:
    when = "早上" if by_night else ""
    return f"好，{when}传给{name}，听到了告诉您。"


def passed_to_leader(name: str, leaders: Sequence[str]) -> str:
    return f"{name}自己收不到，请{leaders[0]}当面传。传到了告诉您。"


def nobody_tells(name: str) -> str:
    return f"现在没人能传给{name}，请您打个电话。"


def passed_back(caller: Caller, name: str) -> str:
    return f"{names.called(caller)}，好，传给{name}了。"


def cannot_get_it(caller: Caller, name: str) -> str:
    return f"{names.called(caller)}，{name}那边收不到，请打个电话。"


def nobody_waits(caller: Caller) -> str:
    return f"{names.called(caller)}，这会儿没有要回的话。"


def no_voice_here() -> str:
    return "这里传不了语音，请把话打成字。"


def enough(caller: Caller, most: int) -> str:
    return f"{names.called(caller)}，今天传了{most}回了，明天再传吧。"


def too_long(most: int) -> str:
    return f"话长了，一次最多{most}个字，请分开说。"


def not_of_money() -> str:
    return "提到钱、卡、密码的话不替人传，怕有人冒充。请您直接打电话说。"


def beware(called: str, whom: Sequence[str]) -> str:
    ask = "、".join(whom[:2]) or "组长或孩子"
    return f"{called}，别转钱！先给{ask}打电话，报警打110。"


def to_her(letter: Claimed) -> str:
    called = names.elder(letter.about_name or "", letter.about_gender or "")
    if letter.media:
        return f"{called}，{letter.actor_name}给您捎来一段语音。想回就发语音。"
    return f"{called}，{letter.actor_name}说：“{_said(letter)}”。想回就发语音。"


def to_family(letter: Claimed) -> str:
    """Carry the elder's word; who told it for her is named."""
    by = (letter.detail or {}).get("by")
    through = f"（{by}代传）" if by else ""
    if letter.media:
        return f"{letter.about_name}给您捎来一段语音。"
    return f"{letter.about_name}{through}说：“{_said(letter)}”"


def to_family_ask(letter: Claimed) -> str:
    return f"{letter.about_name}给您捎话了，请回：听话"


def comes_at_once() -> str:
    return "好，这就发给您。"


def nothing_to_hear() -> str:
    return "这几天没有捎给您的话。"


def _said(letter: Claimed) -> str:
    return str((letter.detail or {})["words"])


def tell_her(letter: Claimed) -> str:
    again = "还没传到吧？" if (letter.detail or {}).get("again") else ""
    done = f"传到了请回：传到了 {letter.number}"
    if letter.media:
        return f"{again}{letter.actor_name}请您让{letter.about_name}听听这段语音。{done}"
    return f"{again}{letter.actor_name}请您传话给{letter.about_name}：“{_said(letter)}”。{done}"


def was_heard(letter: Claimed) -> str:
    return f"{letter.about_name}听到您的话了。"


def was_told(letter: Claimed) -> str:
    return f"{letter.actor_name}把您的话传给{letter.about_name}了。"


def not_told_yet(letter: Claimed) -> str:
    return f"您的话还没传到{letter.about_name}那儿。要紧的话请打个电话。"


def waiting_to_be_told(letters: Sequence[Claimed]) -> str:
    if not letters:
        return "没有要您传的话。"
    return "\n".join(tell_her(one) for one in letters[:5])


def thanks_for_telling(elder: str, sender: str) -> str:
    return f"好，告诉{sender}了：话传给{elder}了。"


def no_such_number(number: int) -> str:
    return f"没有要您传的{number}号。想看请回：要传的话"


def wants_her_money(letter: Claimed) -> str:
    unwell = "还说不舒服。" if (letter.detail or {}).get("unwell") else ""
    her = names.pronoun(letter.about_gender or "")
    return f"【防骗】有人向{letter.about_name}要钱。{unwell}请快打电话，让{her}别转，也可报110。"


def writes_of_money(letter: Claimed) -> str:
    elder, her = letter.about_name, names.pronoun(letter.about_gender or "")
    return f"【防骗】{letter.actor_name}几次借传话向{elder}提钱，没传。请提醒{her}别转。"


def your_week(others: Sequence[str], following: str, *, is_next: bool) -> str:
    week = "下周" if is_next else "这周"
    then = f"再下来轮到{following}。" if following else ""
    return f"记下了，{week}有事先找您，也会告诉{'、'.join(others[:3])}。{then}"


def her_week(name: str, following: str, *, is_next: bool) -> str:
    week = "下周" if is_next else "这周"
    then = f"再下来轮到{following}。" if following else ""
    return f"记下了，{week}有事先找{name}。{then}"


def no_turns() -> str:
    return "好，不轮了，有事几位一起找。"


def only_child(name: str) -> str:
    return f"{name}家里只有您一位，有事都找您。"


def which_child(family: Sequence[str]) -> str:
    return f"家里轮到谁？请写全名：{'、'.join(family[:5])}"


def each_turn(said: Sequence[str]) -> str:
    return "\n".join(said[:_MOST])


def whose_turn(elder: str, now: str, following: str) -> str:
    if not now:
        return f"{elder}：没有轮班，有事几位一起找。要轮请回：这周我值班"
    return f"{elder}：这周{now}，下周{following}。"


def turn_said(letter: Claimed) -> str:
    detail = letter.detail or {}
    whose = "您" if detail["person"] == letter.recipient_id else detail["name"]
    week = "下周" if detail.get("next") else "这周"
    return f"{letter.actor_name}说，{week}{letter.about_name}有事先找{whose}。"


def turns_ended(letter: Claimed) -> str:
    return f"{letter.actor_name}说，{letter.about_name}有事又是几位一起找。"


def clock_kept(now: datetime, clock: tzinfo) -> str:
    there = hour(now.astimezone(clock).time())
    return f"记下了，您那儿现在{there}。夜里不吵您，急事照样叫您。"


def whose_clock() -> str:
    return "请写您在哪个城市，比如：我在纽约"
