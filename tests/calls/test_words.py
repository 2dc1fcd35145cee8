"""What is said about calls, held to how one speaks with old people (DOMAIN.md, section 2)."""

import re
from dataclasses import replace
from datetime import date, datetime
from inspect import getmembers, isfunction

import pytest

from handlers.calls import words
from storage import categories
from storage.choosing import PARTS, Why
from storage.credentials import Paper
from storage.letters import Claimed
from storage.offers import OfferState
from storage.people import Caller, Role
from storage.requests import State
from storage.rules import VILLAGE_TIME
from storage.volunteers import Talent

WANG = Caller("wang", "王秀英", "female", 1, 1, frozenset({Role.ELDER}), ("wechat", "w"), True)
XIAOMEI = replace(WANG, id="xiaomei", name="王小梅", roles=frozenset({Role.FAMILY}))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=VILLAGE_TIME)
NINE = datetime(2026, 11, 24, 9, 30, tzinfo=VILLAGE_TIME)
DETAIL = {
    "category": "助医",
    "starts_at": NINE.isoformat(),
    "who": "刘翠花、胡明月",
    "code": "5678",
    "group": "东头",
    "village": "李家沟",
    "home": {"group": "东头", "village": "李家沟", "phone": "13800000001"},
    "asked": 12,
    "minutes": 120,
    "flowers": 1,
    "told": [["王秀英", "她没来"], ["刘翠花", "我去了"]],
    "verdict": "part",
    "reason": "问过邻居，只来了一会儿",
    "final": False,
    "missing": ["picture"],
    "papers": [["刘翠花", "承诺书", "2026-12-10"]],
}
LETTER = Claimed(
    id=1,
    key="k",
    kind="call_offer",
    urgency=2,
    recipient_id="liushen",
    about_id="wang",
    actor_id="liushen",
    incident_id=None,
    number=1234,
    detail=DETAIL,
    media="",
    written_at=NOON,
    tries=1,
    repeated=False,
    way="",
    about_name="王秀英",
    about_gender="female",
    actor_name="刘翠花",
)
HERS = replace(LETTER, recipient_id="wang", detail={**DETAIL, "who": "刘翠花"})
CALLS = [(1234, "理发"), (1235, "助医")]

TO_HER = {
    "placed": words.placed(WANG, "助医", NINE, NOON),
    "placed_at_once": words.placed_at_once(WANG),
    "looked_at": words.looked_at(WANG, "助医"),
    "which_day": words.which_day(WANG, "助医"),
    "what_is_wanted": words.what_is_wanted(WANG),
    "already_asked": words.already_asked(WANG, "助医", State.AWAITING_CONFIRM),
    "somebody_asks": words.somebody_asks(WANG, "助医", "李大山"),
    "every_week": words.every_week(WANG, "助医", 2),
    "no_more_weekly": words.no_more_weekly(WANG, "助医"),
    "cancelled": words.cancelled(WANG, "助医"),
    "cancelled late": words.cancelled(WANG, "助医", 15),
    "not_together": words.not_together(WANG, "刘翠花"),
    "together_again": words.together_again(WANG, "刘翠花"),
    "confirmed": words.confirmed(WANG),
    "flowers_sent": words.flowers_sent(WANG, 5),
    "which_visit": words.which_visit(WANG, "5朵花", CALLS),
    "disputed": words.disputed(WANG, 1234),
    "coming": words.coming(HERS),
    "gone": words.gone(HERS),
    "sorry": words.sorry(HERS),
    "refused": words.refused(HERS),
    "off": words.off(HERS),
    "how": words.how(HERS),
    "tell": words.tell(HERS),
    "verdict": words.verdict(HERS),
}
"""Of two sentences and thirty characters or so, her name first, one thing at a time."""

TO_OTHERS = {
    "placed_for": words.placed_for(XIAOMEI, "王秀英", "助医", 1234, "明天上午9点半"),
    "what_for_her": words.what_for_her(XIAOMEI, "王秀英"),
    "nobody_in_your_care": words.nobody_in_your_care("王秀英"),
    "stands": words.stands(1234, State.AWAITING_CONFIRM),
    "no_such_call": words.no_such_call(1234),
    "not_yours": words.not_yours(1234),
    "at_rest": words.at_rest(),
    "offer": words.offer(LETTER),
    "urgent offer": words.offer(replace(LETTER, urgency=1)),
    "won": words.won(replace(LETTER, actor_name=None, detail={**DETAIL, "who": "刘翠花"})),
    "lost": words.lost(LETTER),
    "off to others": words.off(LETTER),
    "off to who would have gone": words.off(replace(LETTER, detail={**DETAIL, "goes": True})),
    "absent": words.absent(LETTER),
    "left": words.left(LETTER),
    "thanks": words.thanks(LETTER),
    "you_go": words.you_go("助医", "王秀英", "明天上午9点半", 1234),
    "noted": words.noted(1234),
    "you_already_go": words.you_already_go(1234),
    "somebody_goes": words.somebody_goes(1234),
    "may_not": words.may_not(1234, [Why.PAPERS], ["培训", "承诺书", "保险"]),
    "waits_for_minutes": words.waits_for_minutes(1234),
    "declined": words.declined(1234),
    "nothing_asked": words.nothing_asked(),
    "which_call": words.which_call("接单", CALLS),
    "withdrawn": words.withdrawn(1234),
    "arrived": words.arrived(1234),
    "arrived_without_code": words.arrived_without_code(1234),
    "wrong_code": words.wrong_code(1234),
    "no_more_codes": words.no_more_codes(1234),
    "too_early": words.too_early(1234, "明天上午9点半"),
    "said_before": words.said_before(1234),
    "not_arrived": words.not_arrived(1234),
    "spoken_for": words.spoken_for("王秀英"),
    "finished": words.finished(120, "王秀英"),
    "on_duty": words.on_duty(),
    "off_duty": words.off_duty(),
    "not_a_volunteer": words.not_a_volunteer(),
    "profile_kept": words.profile_kept("8点到18点", "周一二三四五", "邻村也行"),
    "how_to_say_hours": words.how_to_say_hours(),
    "how_far": words.how_far("邻村也行"),
    "at_most": words.at_most(4, "天"),
    "nobody_of_that_name": words.nobody_of_that_name("刘翠花"),
    "coming to others": words.coming(LETTER),
    "gone to others": words.gone(LETTER),
    "sorry to others": words.sorry(LETTER),
    "refused to others": words.refused(LETTER),
    "how to others": words.how(LETTER),
    "review": words.review(LETTER),
    "vouch": words.vouch(LETTER),
    "unclear": words.unclear(LETTER),
    "untaken": words.untaken(LETTER),
    "untaken by nobody": words.untaken(replace(LETTER, detail={**DETAIL, "asked": 0})),
    "alone": words.alone(LETTER),
    "see": words.see(LETTER),
    "poor": words.poor(LETTER),
    "tell to others": words.tell(LETTER),
    "with_her": words.with_her(LETTER),
    "approved": words.approved(1234),
    "asked_for_minutes": words.asked_for_minutes(1234),
    "not_approved": words.not_approved(1234),
    "assigned": words.assigned(1234, "刘翠花"),
    "assigned_one": words.assigned_one(1234, "刘翠花"),
    "cannot_be_assigned": words.cannot_be_assigned(1234, "刘翠花", [Why.PAPERS], ["培训"]),
    "paper_seen": words.paper_seen("刘翠花", "健康证"),
    "papers_end": words.papers_end(replace(LETTER, about_id="liushen")),
    "finished and lacking": words.finished(
        120, "王秀英", words.lacking(1234, "代办", ["code", "picture"])
    ),
    "still_lacking": words.still_lacking(LETTER),
    "picture_kept": words.picture_kept(1234),
    "code_kept": words.code_kept(1234),
    "off, and paid for the way": words.off(
        replace(LETTER, detail={**DETAIL, "goes": True, "minutes": 15})
    ),
    "see, and what is missing": words.see(
        replace(LETTER, detail={**DETAIL, "missing": ["code", "checkout", "picture"]})
    ),
    "paper_noted": words.paper_noted("刘翠花", "培训", date(2027, 3, 1)),
    "how_to_note_paper": words.how_to_note_paper(),
    "villages_tied": words.villages_tied("赵家坡"),
    "no_such_village": words.no_such_village("赵家坡"),
    "statement_kept": words.statement_kept(),
    "judged": words.judged(1234),
    "picture_comes": words.picture_comes("1234号", 1, 1),
    "picture_comes of several": words.picture_comes("1234号", 2, 3),
    "no_picture": words.no_picture("1234号", 0),
    "no_picture of so many": words.no_picture("1234号", 2),
    "picture_is_gone": words.picture_is_gone("刘翠花的健康证"),
    "judged_too_early": words.judged_too_early(1234),
    "judges_himself": words.judges_himself(1234),
    "how_to_judge": words.how_to_judge(1234),
    "appealed": words.appealed(1234),
    "verdict to others": words.verdict(LETTER),
}
LISTS = {
    "mine": words.mine(WANG, [(1234, "理发", State.OPEN, NINE)]),
    "open_calls": words.open_calls([(1234, "王秀英", "理发", NINE, State.OPEN)]),
    "papers": words.papers(
        "刘翠花", [Paper("健康证", date(2027, 3, 1), "第7号", has_picture=True)], date(2026, 11, 23)
    ),
    "papers_end to others": words.papers_end(LETTER),
    "talents": words.talents("理发", [Talent("刘翠花", "理发", "138", is_on_duty=True)]),
    "never_asked": words.never_asked(["刘翠花", "胡明月"]),
    "ending_papers": words.ending_papers([("刘翠花", "培训", date(2027, 3, 1))]),
    "judge": words.judge(LETTER),
    "judge with pictures": words.judge(replace(LETTER, detail={"pictures": 2})),
    "picture_shown": words.picture_shown(replace(LETTER, detail={"what": "1234号"})),
    "why_them": words.why_them(1234, [("刘翠花", "愿意去", "同组+20")]),
}
"""As long as there is something to tell."""

PARTS_OF_SENTENCES = {
    "lacking": words.lacking(1234, "助洁", ["picture"]),
    "what": words.what("助医"),
    "at": words.at(NINE),
    "soon": words.soon(NINE, NOON),
    "offer_ask": words.offer_ask(LETTER),
    "won_ask": words.won_ask(LETTER),
    "coming_ask": words.coming_ask(LETTER),
    "how_ask": words.how_ask(LETTER),
    "review_ask": words.review_ask(LETTER),
    "untaken_ask": words.untaken_ask(LETTER),
    "tell_ask": words.tell_ask(LETTER),
    "judge_ask": words.judge_ask(LETTER),
    "offer_parts": words.offer_parts(dict.fromkeys(PARTS, 1.5)),
}
EVERYTHING = {**TO_HER, **TO_OTHERS, **LISTS}
FORBIDDEN = re.compile(
    "死|失联|错误|系统|故障|服务器|超时|异常|无效|非法|用户|账号|您必须|怎么又|你"
)


def test_no_sentence_is_missing() -> None:
    named = {
        name
        for name, function in getmembers(words, isfunction)
        if not name.startswith("_") and function.__module__ == words.__name__
    }
    assert named <= set(EVERYTHING) | set(PARTS_OF_SENTENCES)


@pytest.mark.parametrize("name", sorted(TO_HER))
def test_what_an_elder_hears_is_short_and_begins_with_her_name(name: str) -> None:
    said = TO_HER[name]
    assert said.startswith("王奶奶，")
    assert len(re.findall("[。？！]", said)) <= 2, said
    assert len(said) <= 34, said


@pytest.mark.parametrize("name", sorted(TO_OTHERS))
def test_what_others_hear_fits_on_one_look(name: str) -> None:
    assert len(TO_OTHERS[name]) <= 62, TO_OTHERS[name]


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_polite_plain_one_question_and_no_frightening_word(name: str) -> None:
    said = EVERYTHING[name]
    assert not FORBIDDEN.search(said), said
    assert said.count("？") <= 1, said
    assert not re.search("[A-Za-z]", said), said
    assert not re.search(r"(?<=[回按个])[123](?!\d)", said), said


def test_everything_that_can_be_asked_for_and_every_state_has_a_word() -> None:
    assert words.WHAT.keys() == set(categories.NAMES)
    assert words.ANSWERS.keys() == set(OfferState)
    for state in State:
        assert words.stands(1234, state)
    assert categories.load("village-default").keys() == words.WHAT.keys()
    with pytest.raises(LookupError):
        categories.load("nobodys-list")


@pytest.mark.parametrize(
    ("hour", "said"),
    [
        ((6, 0), "早上6点"),
        ((9, 30), "上午9点半"),
        ((12, 0), "中午12点"),
        ((15, 20), "下午3点20分"),
        ((19, 0), "晚上7点"),
    ],
)
def test_hours_are_said_as_one_says_them(hour: tuple[int, int], said: str) -> None:
    moment = NOON.replace(hour=hour[0], minute=hour[1])
    assert words.soon(moment, NOON) == f"今天{said}"
