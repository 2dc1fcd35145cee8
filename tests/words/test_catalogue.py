"""Every sentence of the house, held to how one speaks with old people (DOMAIN.md, section 2)."""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time
from importlib import import_module
from inspect import getmembers, isfunction
from pathlib import Path
from types import ModuleType

import pytest

import handlers
from handlers.desk import TROUBLE
from handlers.enrolment.steps import Step
from handlers.family.seen import Seen as SeenByFamily
from handlers.features import PAPERS
from handlers.lists.seen import Closer, Seen
from handlers.marks import field_of_a_drill
from handlers.watch import words as watch
from storage import duties
from storage.company import Company
from storage.consents import Purpose
from storage.departures import Why
from storage.drill_reports import DrillReport, StepCalled
from storage.enrolments import NewElder
from storage.habits import Usual
from storage.hours import Hours
from storage.incidents import Result
from storage.letters import Claimed
from storage.people import Caller, Person, Role
from storage.relatives import Kin, clock
from storage.rules import VILLAGE_TIME, DigestRules, DrillRules
from storage.today import ElderToday, FirstSign, Standing

WANG = Caller("wang", "王秀英", "female", 1, 1, frozenset({Role.ELDER}), ("wechat", "w"), True)
PERSON = Person(id="wang", name="王秀英", gender="female")
MORNING = datetime(2026, 11, 23, 9, 30, tzinfo=VILLAGE_TIME)
LETTER = Claimed(
    id=1,
    key="k",
    kind="alarm",
    urgency=1,
    recipient_id="dashan",
    about_id="wang",
    actor_id="liushen",
    incident_id=1,
    number=12,
    detail={
        "result": Result.WELL,
        "names": ["王秀英", "陈德福"],
        "first": "2026-11-23",
        "last": "2026-11-25",
        "until": "2026-11-23T18:00:00+08:00",
        "day": "2026-12-01",
        "gaps": [["", 720, 840], ["东头", 510, 540]],
        "listed": [["", 3, "赵桂兰"], ["", 5, "孙老根"]],
        "usual": 630.0,
        "later": True,
        "opens": "7点半",
        "closes": "11点半",
        "words": "周六回来",
        "heard": [["王秀英", "well"], ["陈德福", "heard"]],
        "person": "xiaomei",
        "name": "王小梅",
    },
    media="",
    written_at=MORNING,
    tries=1,
    repeated=False,
    way="",
    about_name="王秀英",
    about_gender="female",
    actor_name="刘翠花",
)
OF_VILLAGE = replace(
    LETTER,
    about_id=None,
    about_name=None,
    detail={"village": "李家沟", "why": "silent", "names": ["王秀英", "陈德福"]},
)
OF_HERSELF = replace(LETTER, recipient_id="wang")
SEEN = Seen(
    ElderToday("wang", "王秀英", "female", "东头", "pending", None, 2, Standing.WAITING, ""),
    is_late=True,
)
CLOSER = Closer(
    SEEN,
    FirstSign(MORNING, "proxy", "李大山"),
    "李大山",
    True,
    Usual(430, 5, 20),
    ((MORNING, Result.BROKEN_PHONE),),
)
HOURS = Hours(time(7, 30), time(10))
REPORT = DrillReport(
    number=12,
    village="李家沟",
    elder="王秀英",
    kind="missed",
    pace=1,
    began=MORNING.isoformat(),
    to_incident=3,
    steps=[],
    acknowledged=None,
    ended_after=3600,
    result=Result.UNANSWERED,
    ended_by="",
    never_reached=["王小梅"],
    without_phone=[],
    marks=DrillRules(),
)
OF_HOLD = replace(LETTER, detail={"last_day": "2026-11-25", "reason": "hospital"})
ENROLMENT = {
    "name": "王秀英",
    "gender": "female",
    "born": "1941",
    "phone": "",
    "group": [1, "东头"],
    "hours": ["06:00", "09:00"],
    "tier": 2,
    "near": ["xiaomei", "family", "王小梅"],
}
NEW_ELDER = NewElder(
    name="王秀英",
    gender="female",
    born="1941",
    phone="",
    village_id=1,
    group_id=1,
    hours=HOURS,
    tier=2,
)
OF_THE_DEAD = replace(LETTER, about_name=None, detail={"name": "王秀英", "minutes": 90})
OF_PHONE = replace(LETTER, detail={"another": True, "may_stop": True})
OF_TIE = replace(LETTER, detail={"who": "王小明", "called": "儿子"})
OF_DRILL = replace(LETTER, detail={"drill": True, "report": REPORT.as_detail()})
EMERGENCIES = Path(handlers.__file__ or "").parent / "hearing" / "rules" / "emergency.toml"
NAMES = ["刘翠花", "李大山", "王小梅"]
KIN = [Kin("wang", "王秀英", "female", True), Kin("chen", "陈德福", "male", True)]
VISIT = Company("wang", MORNING, "理发", "刘翠花", 5)
OF_HERS = SeenByFamily("王秀英", SEEN.elder, CLOSER.sign, None, (VISIT,))
VOICE = replace(LETTER, media="m")
OPEN = [(12, "王秀英"), (13, "陈德福")]
SATURDAY = [duties.Hours(5, None, 480, 1080)]
EVENING = MORNING.replace(hour=21, minute=0)
MIDNIGHT = MORNING.replace(day=24, hour=0, minute=0)

TO_ELDERS = {
    "departures.do_you_leave": lambda words: words.do_you_leave("王奶奶", is_elder=True),
    "departures.as_before": lambda words: words.as_before("王奶奶"),
    "departures.somebody_comes": lambda words: words.somebody_comes("王奶奶"),
    "departures.farewell": lambda words: words.farewell(LETTER),
    "privacy.export_sure": lambda words: words.export_sure(WANG),
    "privacy.export_noted": lambda words: words.export_noted(WANG, ["张主任"]),
    "privacy.erase_sure": lambda words: words.erase_sure(WANG, is_watched=True),
    "privacy.erase_noted": lambda words: words.erase_noted(WANG, ["张主任"]),
    "privacy.gone_later": lambda words: words.gone_later(WANG),
    "checkin.noted": lambda words: words.noted(WANG),
    "checkin.is_on_the_way": lambda words: words.noted(WANG, words.is_on_the_way("李大山")),
    "checkin.were_called": lambda words: words.noted(WANG, words.were_called(NAMES)),
    "checkin.what_is_it": lambda words: words.what_is_it(WANG),
    "checkin.what_is_it_in_other_words": lambda words: words.what_is_it_in_other_words(WANG),
    "checkin.somebody_will_ask": lambda words: words.somebody_will_ask(WANG, "李大山"),
    "checkin.heard": lambda words: words.heard(WANG),
    "checkin.unwell": lambda words: words.unwell(WANG, "李大山"),
    "checkin.still_unwell": lambda words: words.still_unwell(WANG, "李大山"),
    "checkin.reminder": lambda words: words.reminder(LETTER),
    "checkin.last_ask": lambda words: words.last_ask(LETTER),
    "checkin.re_ask": lambda words: words.re_ask(LETTER),
    "holds.until": lambda words: words.until("王奶奶", date(2026, 11, 25), in_hospital=False),
    "holds.how_long": lambda words: words.how_long("王奶奶"),
    "holds.is_it_so": lambda words: words.is_it_so("王奶奶", date(2026, 11, 25), in_hospital=False),
    "holds.as_always": lambda words: words.as_always("王奶奶"),
    "holds.welcome_home": lambda words: words.welcome_home("王奶奶"),
    "holds.greeting": lambda words: words.greeting(LETTER),
    "quiet.left_in_peace": lambda words: words.left_in_peace(WANG),
    "quiet.reminded_again": lambda words: words.reminded_again(WANG),
    "proxy.yourself_or_her": lambda words: words.yourself_or_her(WANG, 1, "赵桂兰"),
    "proxy.yourself_or_all": lambda words: words.yourself_or_all(WANG),
    "habits.suggestion": lambda words: words.suggestion(OF_HERSELF),
    "habits.hours_moved": lambda words: words.hours_moved(LETTER),
    "habits.moved": lambda words: words.moved("王奶奶", time(10, 30)),
    "habits.as_before": lambda words: words.as_before("王奶奶"),
    "habits.well_but_to_move": lambda words: words.well_but_to_move("王奶奶"),
    "checkin.unwell_and_unsaid": lambda words: words.unwell_and_unsaid(WANG),
    "consent.first_question": lambda words: words.first_question(
        replace(LETTER, detail={"purpose": "health"})
    ),
    "consent.next_question": lambda words: words.next_question(WANG, Purpose.HEALTH),
    "consent.all_asked": lambda words: words.all_asked(WANG),
    "consent.may": lambda words: words.may(WANG, Purpose.CHECKIN),
    "consent.may_not": lambda words: words.may_not(WANG, Purpose.HEALTH),
    "consent.which": lambda words: words.which(WANG, list(Purpose)),
    "ties.do_you_know": lambda words: words.do_you_know(OF_TIE),
    "ties.known": lambda words: words.known(WANG, "王小明"),
    "ties.unknown": lambda words: words.unknown(WANG),
    "ties.which": lambda words: words.which(WANG, ["王小明", "王小梅"]),
    "ties.ended": lambda words: words.ended(WANG, "王小明"),
    "distress.help_comes": lambda words: words.help_comes("王奶奶", NAMES, "120"),
    "distress.you_are_not_alone": lambda words: words.you_are_not_alone("王奶奶", NAMES),
    "family.speak_back": lambda words: words.speak_back("王奶奶", "王小梅"),
    "family.passed_back": lambda words: words.passed_back(WANG, "王小梅"),
    "family.cannot_get_it": lambda words: words.cannot_get_it(WANG, "王小梅"),
    "family.nobody_waits": lambda words: words.nobody_waits(WANG),
    "family.enough": lambda words: words.enough(WANG, 5),
    "family.beware": lambda words: words.beware("王奶奶", NAMES),
    "family.to_her": lambda words: words.to_her(LETTER),
    "family.to_her_in_his_voice": lambda words: words.to_her(VOICE),
}
"""Of two sentences and thirty characters or so, her name first, one thing at a time."""

TO_OTHERS = {
    "consent.may_not_but_now": lambda words: words.may_not_but_now(WANG, Purpose.CHECKIN),
    "consent.as_it_stands": lambda words: words.as_it_stands(
        WANG, [Purpose.CHECKIN, Purpose.FAMILY], [Purpose.HEALTH, Purpose.PHOTO]
    ),
    "consent.may_of": lambda words: words.may_of("王秀英", Purpose.PHOTO),
    "consent.may_not_of": lambda words: words.may_not_of("王秀英", Purpose.PHOTO),
    "consent.one_more": lambda words: words.one_more("王秀英", Purpose.PHOTO, yes=True),
    "consent.asks_herself": lambda words: words.asks_herself("王秀英"),
    "consent.not_yours": lambda words: words.not_yours("王秀英"),
    "consent.unwatched": lambda words: words.unwatched(LETTER),
    "proxy.too_much": lambda words: words.too_much(
        replace(LETTER, detail={"said": "代 王秀英 平安"})
    ),
    "proxy.keeps_it_to_herself": lambda words: words.keeps_it_to_herself("王秀英"),
    "ties.ASKED": lambda words: words.ASKED,
    "ties.vouch": lambda words: words.vouch(OF_TIE),
    "ties.tied": lambda words: words.tied(OF_TIE),
    "ties.is_tied": lambda words: words.is_tied(OF_TIE),
    "ties.not_confirmed": lambda words: words.not_confirmed(OF_TIE),
    "ties.is_ended": lambda words: words.is_ended(OF_TIE),
    "ties.one_more": lambda words: words.one_more(),
    "ties.vouched": lambda words: words.vouched("王秀英", "王小明"),
    "ties.no_such_number": lambda words: words.no_such_number(12),
    "privacy.NOT_ASKED": lambda words: words.NOT_ASKED,
    "privacy.GONE_SOON": lambda words: words.GONE_SOON,
    "privacy.erase_sure_other": lambda words: words.erase_sure(WANG, is_watched=False),
    "privacy.wish_told": lambda words: words.wish_told(LETTER),
    "privacy.wish_told_export": lambda words: words.wish_told(
        replace(LETTER, detail={"wish": "export"})
    ),
    "privacy.agreed": lambda words: words.agreed("王秀英", is_open=False),
    "privacy.agreed_open": lambda words: words.agreed("王秀英", is_open=True),
    "privacy.nobody_asked": lambda words: words.nobody_asked("王秀英"),
    "privacy.erased": lambda words: words.erased(LETTER),
    "privacy.watch_ended": lambda words: words.watch_ended(LETTER),
    "privacy.one_fewer": lambda words: words.one_fewer(LETTER),
    "checkin.needs_word": lambda words: words.needs_word(LETTER),
    "checkin.listen": lambda words: words.listen(LETTER),
    "watch.alarm": lambda words: words.alarm(LETTER),
    "watch.alarms": lambda words: words.alarms([LETTER, LETTER]),
    "watch.together": lambda words: words.together(words.clear)([LETTER, LETTER]),
    "watch.distress": lambda words: words.distress(LETTER),
    "watch.silence": lambda words: words.silence(OF_VILLAGE),
    "watch.more": lambda words: words.more(OF_VILLAGE),
    "watch.promised": lambda words: words.promised(LETTER),
    "watch.broken": lambda words: words.broken(LETTER),
    "watch.worse": lambda words: words.worse(LETTER),
    "watch.clear": lambda words: words.clear(LETTER),
    "watch.unreached": lambda words: words.unreached(LETTER),
    "watch.you_go": lambda words: words.you_go("王秀英", "female", 12),
    "watch.you_go_round": lambda words: words.you_go_round("李家沟", 12),
    "watch.all_or_each": lambda words: words.all_or_each("李家沟", 12),
    "watch.somebody_else_goes": lambda words: words.somebody_else_goes("王秀英"),
    "watch.somebody_goes": lambda words: words.somebody_goes("王秀英", "李大山"),
    "watch.you_already_go": lambda words: words.you_already_go("王秀英", 12),
    "watch.nothing_open": lambda words: words.nothing_open(),
    "watch.no_such_number": lambda words: words.no_such_number(OPEN),
    "watch.whom_you_see": lambda words: words.whom_you_see(OPEN),
    "watch.how_each_is": lambda words: words.how_each_is(OPEN, Result.WELL),
    "watch.which_one": lambda words: words.which_one("我去", OPEN),
    "watch.ended": lambda words: words.ended("王秀英", Result.BROKEN_PHONE),
    "watch.harmed": lambda words: words.harmed("王秀英", 12),
    "watch.already_ended": lambda words: words.already_ended("王秀英"),
    "watch.yourself_or_her": lambda words: words.yourself_or_her(OPEN[0]),
    "holds.for_her": lambda words: words.for_her("王秀英", date(2026, 11, 25)),
    "holds.how_long_for": lambda words: words.how_long_for("王秀英"),
    "holds.which_elder": lambda words: words.which_elder(["王秀英", "陈德福"]),
    "holds.told": lambda words: words.told(OF_HOLD),
    "holds.she_is_back": lambda words: words.she_is_back("王秀英"),
    "holds.not_yours": lambda words: words.not_yours("王秀英"),
    "holds.too_long": lambda words: words.too_long(60),
    "rota.on_duty": lambda words: words.on_duty(
        "东头",
        ["李大山"],
        [words.Watch(EVENING, MIDNIGHT, ["李大山"])],
        [words.Watch(MORNING, EVENING, ["周老四"]), words.Watch(EVENING, MIDNIGHT, [])],
    ),
    "rota.is_set": lambda words: words.is_set(words.days(SATURDAY), ["李大山"], ["周老四"]),
    "rota.is_cancelled": lambda words: words.is_cancelled(words.days(SATURDAY), ["李大山"]),
    "rota.how_to_set": lambda words: words.how_to_set(),
    "rota.only_coordinators_set": lambda words: words.only_coordinators_set(),
    "rota.nobody_of_that_name": lambda words: words.nobody_of_that_name("王秀英"),
    "rota.answers_for_nobody": lambda words: words.answers_for_nobody("刘翠花"),
    "rota.uncovered": lambda words: words.uncovered(LETTER),
    "standing_in.nobody_of_that_name": lambda words: words.nobody_of_that_name("王秀英"),
    "standing_in.cannot_be_called": lambda words: words.cannot_be_called("刘翠花"),
    "standing_in.not_yourself": lambda words: words.not_yourself(),
    "standing_in.may_not_take_over": lambda words: words.may_not_take_over("刘翠花"),
    "standing_in.is_not_there": lambda words: words.is_not_there("刘翠花"),
    "standing_in.you_are_not_on_duty": lambda words: words.you_are_not_on_duty(),
    "standing_in.how_to_hand_over": lambda words: words.how_to_hand_over(),
    "standing_in.will_ask": lambda words: words.will_ask("刘翠花", 30),
    "standing_in.will_ask_at_night": lambda words: words.will_ask_at_night("刘翠花", 30),
    "standing_in.take_over": lambda words: words.take_over(LETTER),
    "standing_in.you_took_over": lambda words: words.you_took_over(MIDNIGHT, OPEN, "李大山"),
    "standing_in.too_late_to_take_over": lambda words: words.too_late_to_take_over(),
    "standing_in.nobody_hands_over": lambda words: words.nobody_hands_over(),
    "standing_in.is_taken": lambda words: words.is_taken(LETTER),
    "standing_in.will_be_asked": lambda words: words.will_be_asked("刘翠花"),
    "standing_in.is_your_deputy": lambda words: words.is_your_deputy("刘翠花"),
    "standing_in.no_deputy": lambda words: words.no_deputy(),
    "standing_in.deputy_is_gone": lambda words: words.deputy_is_gone(),
    "standing_in.be_my_deputy": lambda words: words.be_my_deputy(LETTER),
    "standing_in.you_are_deputy": lambda words: words.you_are_deputy(NAMES),
    "standing_in.nobody_asked_you": lambda words: words.nobody_asked_you(),
    "standing_in.is_deputy": lambda words: words.is_deputy(LETTER),
    "standing_in.which_days": lambda words: words.which_days(),
    "standing_in.away_until": lambda words: words.away_until(date(2026, 11, 25), ""),
    "standing_in.too_long": lambda words: words.too_long(60),
    "standing_in.welcome_back": lambda words: words.welcome_back(),
    "standing_in.stands_in": lambda words: words.stands_in(LETTER),
    "standing_in.is_away": lambda words: words.is_away(LETTER),
    "standing_in.is_back": lambda words: words.is_back(LETTER),
    "proxy.morning_list": lambda words: words.morning_list(LETTER),
    "proxy.look_in": lambda words: words.look_in(LETTER),
    "proxy.nudge": lambda words: words.nudge(LETTER),
    "proxy.spoken_for": lambda words: words.spoken_for("王秀英"),
    "proxy.not_yours": lambda words: words.not_yours("王秀英"),
    "proxy.taken_down": lambda words: words.taken_down(["王秀英", "陈德福"]),
    "proxy.left": lambda words: words.left(["赵桂兰"]),
    "proxy.nobody_left": lambda words: words.nobody_left(),
    "proxy.not_seen": lambda words: words.not_seen(["赵桂兰"]),
    "proxy.taken_back": lambda words: words.taken_back(["赵桂兰"]),
    "proxy.heard_already": lambda words: words.heard_already(["赵桂兰"]),
    "proxy.no_such_number": lambda words: words.no_such_number([9, 12]),
    "proxy.who_is_in_need": lambda words: words.who_is_in_need(9),
    "proxy.say_her_name": lambda words: words.say_her_name(3, ["赵桂兰", "孙老根"]),
    "proxy.list_or_incident": lambda words: words.list_or_incident(3, "赵桂兰", "王秀英"),
    "proxy.unwell": lambda words: words.unwell("王秀英", NAMES),
    "proxy.unwell_says": lambda words: words.unwell_says(LETTER),
    "proxy.in_need": lambda words: words.in_need("王秀英", NAMES, "120"),
    "proxy.in_grief": lambda words: words.in_grief("王秀英", NAMES),
    "proxy.still_open": lambda words: words.still_open("王秀英", 12),
    "proxy.how_to_enter": lambda words: words.how_to_enter(),
    "proxy.whose_sheet": lambda words: words.whose_sheet(["东头", "西头"]),
    "proxy.not_your_sheet": lambda words: words.not_your_sheet(),
    "proxy.no_sheet": lambda words: words.no_sheet(),
    "proxy.not_yet": lambda words: words.not_yet(),
    "proxy.was_in_need": lambda words: words.was_in_need("王秀英"),
    "habits.HOW": lambda words: words.HOW,
    "habits.later": lambda words: words.later(LETTER),
    "habits.suggestion_to_leader": lambda words: words.suggestion_to_leader(LETTER),
    "habits.moved_for": lambda words: words.moved_for("王秀英", HOURS),
    "habits.already": lambda words: words.already("王秀英", HOURS),
    "habits.as_before_for": lambda words: words.as_before_for("王秀英"),
    "habits.not_yours": lambda words: words.not_yours("王秀英"),
    "habits.outside": lambda words: words.outside(time(5), time(12)),
    "habits.too_short": lambda words: words.too_short(60),
    "habits.too_long": lambda words: words.too_long("王秀英", 4.0),
    "lists.page": lambda words: words.page("名单", 23, [(1, SEEN), (2, SEEN)], 2),
    "lists.all_heard": lambda words: words.all_heard(),
    "lists.no_such_page": lambda words: words.no_such_page("名单"),
    "lists.nobody": lambda words: words.nobody("王秀英"),
    "lists.closer": lambda words: words.closer(CLOSER),
    "distress.they_know": lambda words: words.they_know("王奶奶", NAMES, "120"),
    "distress.stay_with_her": lambda words: words.stay_with_her("王奶奶", NAMES),
    "distress.who_is_it": lambda words: words.who_is_it([(11, "王秀英"), (12, "王秀荣")]),
    "distress.who_again": lambda words: words.who_again([(11, "王秀英"), (12, "王秀荣")]),
    "distress.somebody_asks": lambda words: words.somebody_asks(),
    "distress.crisis": lambda words: words.crisis(LETTER),
    "distress.follow_up": lambda words: words.follow_up(LETTER),
    "distress.unclear": lambda words: words.unclear(LETTER),
    "drill.HOW": lambda words: words.HOW,
    "drill.NOT_ASKED": lambda words: words.NOT_ASKED,
    "drill.shall_we": lambda words: words.shall_we("王秀英", "emergency", 6, by_night=True),
    "drill.begins": lambda words: words.begins("王秀英"),
    "drill.nobody_of_that_name": lambda words: words.nobody_of_that_name("王秀英"),
    "drill.which_village": lambda words: words.which_village("王秀英", ["李家沟", "柳河湾"]),
    "drill.two_of_that_name": lambda words: words.two_of_that_name("王秀英"),
    "drill.nobody_to_call": lambda words: words.nobody_to_call("王秀英"),
    "drill.is_looked_for": lambda words: words.is_looked_for("王秀英"),
    "drill.goes_on": lambda words: words.goes_on("王秀英"),
    "drill.stopped": lambda words: words.stopped("王秀英"),
    "drill.nothing_to_stop": lambda words: words.nothing_to_stop(),
    "drill.never_held": lambda words: words.never_held(),
    "watch.drill_ended": lambda words: words.drill_ended("王秀英"),
    "watch.only_a_drill": lambda words: words.only_a_drill("王秀英", Result.HARMED),
    "pairing.welcome": lambda words: words.welcome(PERSON, is_elder=True),
    "pairing.welcome_back": lambda words: words.welcome_back("王小梅"),
    "pairing.wrong_code": lambda words: words.wrong_code(3),
    "pairing.used_up": lambda words: words.used_up(),
    "pairing.spent_ticket": lambda words: words.spent_ticket(),
    "pairing.code_for": lambda words: words.code_for("王秀英", "123456", 24, ""),
    "pairing.nobody_of_that_name": lambda words: words.nobody_of_that_name("王秀英"),
    "pairing.codes_wait": lambda words: words.codes_wait(),
    "pairing.is_somebodys": lambda words: words.is_somebodys("陈德福"),
    "pairing.the_old_one_ends": lambda words: words.the_old_one_ends(),
    "pairing.is_cut_off": lambda words: words.is_cut_off("王秀英"),
    "pairing.new_phone": lambda words: words.new_phone(OF_PHONE),
    "pairing.somebody_guesses": lambda words: words.somebody_guesses(LETTER),
    "enrolment.begins": lambda words: words.begins(),
    "enrolment.goes_on": lambda words: words.goes_on("王秀英"),
    "enrolment.not_understood": lambda words: words.not_understood(),
    "enrolment.left": lambda words: words.left(),
    "enrolment.no_group": lambda words: words.no_group(),
    "enrolment.is_enrolled": lambda words: words.is_enrolled("王秀英", "东头"),
    "enrolment.has_left": lambda words: words.has_left("王秀英"),
    "enrolment.is_of_another_group": lambda words: words.is_of_another_group(),
    "enrolment.question": lambda words: words.question(Step.NEAR, ENROLMENT),
    "enrolment.which_group": lambda words: words.which_group(ENROLMENT, ["东头", "西头"]),
    "departures.hand_over_first": lambda words: words.hand_over_first(),
    "departures.finish_first": lambda words: words.finish_first("刘翠花"),
    "departures.you_left": lambda words: words.you_left("王小梅"),
    "departures.wish": lambda words: words.wish(LETTER),
    "departures.nobody_wants_to": lambda words: words.nobody_wants_to("王秀英"),
    "departures.look_after_her_first": lambda words: words.look_after_her_first("王秀英"),
    "departures.she_stays": lambda words: words.she_stays("王秀英"),
    "departures.let_go": lambda words: words.let_go("王秀英"),
    "departures.has_gone": lambda words: words.has_gone("王秀英"),
    "departures.she_left": lambda words: words.she_left(LETTER),
    "departures.is_it_so": lambda words: words.is_it_so(PERSON, Why.DIED),
    "departures.nothing_changed": lambda words: words.nothing_changed(),
    "departures.in_peace": lambda words: words.in_peace("王秀英", NAMES),
    "departures.died": lambda words: words.died(OF_THE_DEAD),
    "departures.estate": lambda words: words.estate(OF_THE_DEAD),
    "departures.not_any_more": lambda words: words.not_any_more("王秀英"),
    "departures.is_back": lambda words: words.is_back(PERSON, MORNING.date(), has_phone=False),
    "departures.wait_a_day": lambda words: words.wait_a_day("王秀英"),
    "departures.no_such_heir": lambda words: words.no_such_heir("王小梅"),
    "departures.takes_two": lambda words: words.takes_two(),
    "departures.does_not_fit": lambda words: words.does_not_fit("王小梅"),
    "departures.books_are_looked_at": lambda words: words.books_are_looked_at(),
    "departures.given_on": lambda words: words.given_on("王秀英", 90, "王小梅"),
    "departures.ask_your_leader": lambda words: words.ask_your_leader("王秀英"),
    "stranger.WELCOME": lambda words: words.WELCOME,
    "learning.THANKS": lambda words: words.THANKS,
    "learning.HOW": lambda words: words.HOW,
    "help.UNSURE": lambda words: words.UNSURE,
    "on_her_behalf.called_enough": lambda words: words.called_enough(3),
    "on_her_behalf.excused_enough": lambda words: words.excused_enough(2),
    "on_her_behalf.not_by_you": lambda words: words.not_by_you(Person(name="王秀英")),
    "on_her_behalf.too_much": lambda words: words.too_much(Person(name="王秀英"), 20, "李大山"),
    "family.today": lambda words: words.today([OF_HERS], clock("")),
    "family.visits": lambda words: words.visits([("王秀英", VISIT)], 7),
    "family.no_visits": lambda words: words.visits([], 7),
    "family.daily_on": lambda words: words.daily_on(),
    "family.daily_off": lambda words: words.daily_off(),
    "family.well_today": lambda words: words.well_today(LETTER),
    "family.to_whom": lambda words: words.to_whom(KIN),
    "family.speak_now": lambda words: words.speak_now("王秀英"),
    "family.passed_on": lambda words: words.passed_on("王秀英", by_night=True),
    "family.passed_to_leader": lambda words: words.passed_to_leader("王秀英", ["李大山"]),
    "family.nobody_tells": lambda words: words.nobody_tells("王秀英"),
    "family.no_voice_here": lambda words: words.no_voice_here(),
    "family.too_long": lambda words: words.too_long(200),
    "family.not_of_money": lambda words: words.not_of_money(),
    "family.to_family": lambda words: words.to_family(LETTER),
    "family.to_family_in_her_voice": lambda words: words.to_family(VOICE),
    "family.comes_at_once": lambda words: words.comes_at_once(),
    "family.nothing_to_hear": lambda words: words.nothing_to_hear(),
    "family.tell_her": lambda words: words.tell_her(LETTER),
    "family.tell_her_in_his_voice": lambda words: words.tell_her(VOICE),
    "family.was_heard": lambda words: words.was_heard(LETTER),
    "family.was_told": lambda words: words.was_told(LETTER),
    "family.not_told_yet": lambda words: words.not_told_yet(LETTER),
    "family.waiting_to_be_told": lambda words: words.waiting_to_be_told([LETTER]),
    "family.thanks_for_telling": lambda words: words.thanks_for_telling("王秀英", "王小梅"),
    "family.no_such_number": lambda words: words.no_such_number(9),
    "family.wants_her_money": lambda words: words.wants_her_money(LETTER),
    "family.writes_of_money": lambda words: words.writes_of_money(LETTER),
    "family.your_week": lambda words: words.your_week(["王小兰"], "王小兰", is_next=False),
    "family.her_week": lambda words: words.her_week("王小梅", "王小兰", is_next=True),
    "family.no_turns": lambda words: words.no_turns(),
    "family.only_child": lambda words: words.only_child("王秀英"),
    "family.which_child": lambda words: words.which_child(["王小梅", "王小兰"]),
    "family.whose_turn": lambda words: words.whose_turn("王秀英", "王小梅", "王小兰"),
    "family.each_turn": lambda words: words.each_turn([words.only_child("王秀英")] * 2),
    "family.turn_said": lambda words: words.turn_said(LETTER),
    "family.turns_ended": lambda words: words.turns_ended(LETTER),
    "family.clock_kept": lambda words: words.clock_kept(MORNING, clock("America/New_York")),
    "family.whose_clock": lambda words: words.whose_clock(),
}

DAY = {
    "village": "李家沟",
    "is_well": False,
    "expected": 5,
    "counts": {"well": 2, "missed": 1, "seen": 2},
    "harmed": [],
    "silences": [],
    "open": ["3 孙老根（周老四去了）"],
    "to_see": [],
    "closed": ["王秀英（报平安）", "赵桂兰（忘了，李大山看的）"],
    "results": {"报平安": 1, "忘了": 1},
    "failed": 1,
    "learned": ["俺家老母鸡又下了俩蛋"],
    "changes": {"slot": "morning", "days_ago": 0, "counts": {"missed": 1, "heard": 2}},
}
SHEET = {
    "village": "李家沟",
    "monday": "2026-11-16",
    **dict.fromkeys(("expected", "heard", "missed", "alerts", "closed", "needed"), 3),
    **dict.fromkeys(("asked", "unknown", "excused", "broken", "silences", "ours"), 1),
    **dict.fromkeys(("answer_minutes", "outcome_minutes", "outages", "outage_minutes"), 12),
    "results": {"忘了": 2, "住院": 1},
    "before": {"expected": 4, "heard": 3, "needed": 0, "closed": 1},
    "named": [{"name": "王秀英", "cause": "忘了", "times": 2}],
}
COUNTY = {**SHEET, "villages": 445, "worst": [SHEET]}
TONIGHT = {"kind": "open", "name": "孙老根", "gender": "male", "detail": "周老四"}

LISTS = {
    "help.for_roles": lambda words: words.for_roles(frozenset({Role.ELDER})),
    "enrolment.is_it_right": lambda words: words.is_it_right(ENROLMENT),
    "enrolment.enrolled": lambda words: words.enrolled(NEW_ELDER, MORNING.date(), "123456", 24, ""),
    "digest.day": lambda words: words.day(DAY),
    "digest.digest": lambda words: words.digest(replace(LETTER, detail=DAY)),
    "digest.tonight": lambda words: words.tonight(replace(LETTER, detail={"notes": [TONIGHT]})),
    "digest.unread": lambda words: words.unread(replace(LETTER, detail={"villages": ["李家沟"]})),
    "digest.week": lambda words: words.week(SHEET),
    "digest.week_sheet": lambda words: words.week_sheet(replace(LETTER, detail=SHEET)),
    "digest.county_week": lambda words: words.county_week(COUNTY),
    "digest.county_sheet": lambda words: words.county_sheet(replace(LETTER, detail=COUNTY)),
    "digest.county_today": lambda words: words.county_today(
        {"slot": "evening", "villages": 445, "well": 444, "worst": [DAY]}
    ),
    "digest.not_yet": lambda words: words.not_yet(DigestRules()),
    "digest.no_week": lambda words: words.no_week(),
}
"""As long as the village needs, and never longer than one screen: their own stories see to it."""

PARTS = {
    "watch.alarm_ask": lambda words: words.alarm_ask(LETTER),
    "watch.silence_ask": lambda words: words.silence_ask(OF_VILLAGE),
    "watch.more_ask": lambda words: words.more_ask(OF_VILLAGE),
    "watch.promised_ask": lambda words: words.promised_ask(LETTER),
    "watch.clear_ask": lambda words: words.clear_ask(LETTER),
    "rota.days": lambda words: words.days(SATURDAY),
    "rota.uncovered_ask": lambda words: words.uncovered_ask(LETTER),
    "distress.crisis_ask": lambda words: words.crisis_ask(LETTER),
    "drill.report": lambda words: words.report(REPORT),
    "drill.report_letter": lambda words: words.report_letter(OF_DRILL),
    "drill.report_ask": lambda words: words.report_ask(OF_DRILL),
    "drill.verdict": lambda words: words.verdict(REPORT),
    "drill.title": lambda words: words.title(REPORT),
    "drill.step": lambda words: words.step(StepCalled(step=0, after=0, calls=[])),
    "drill.end": lambda words: words.end(REPORT),
    "drill.lasts": lambda words: words.lasts(123),
    "holds.told_ask": lambda words: words.told_ask(OF_HOLD),
    "pairing.new_phone_ask": lambda words: words.new_phone_ask(OF_PHONE),
    "departures.wish_ask": lambda words: words.wish_ask(LETTER),
    "watch.about_what": lambda words: words.about_what("missed"),
    "watch.result": lambda words: str(words.result(LETTER)),
    "proxy.list_ask": lambda words: words.list_ask(LETTER),
    "proxy.of_day": lambda words: words.of_day(date(2026, 11, 23)),
    "habits.suggestion_ask": lambda words: words.suggestion_ask(LETTER),
    "habits.span": lambda words: words.span(HOURS),
    "lists.mark": lambda words: words.mark(SEEN),
    "distress.calls": lambda words: words.calls("王秀英", "female", is_elder=True),
    "digest.ask": lambda words: words.ask(replace(LETTER, detail=DAY)),
    "digest.tonight_ask": lambda words: words.tonight_ask(
        replace(LETTER, detail={"notes": [TONIGHT]})
    ),
    "digest.unread_ask": lambda words: words.unread_ask(
        replace(LETTER, detail={"villages": ["李家沟"]})
    ),
    "digest.week_ask": lambda words: words.week_ask(replace(LETTER, detail=SHEET)),
    "digest.share": lambda words: f"{words.share(SHEET)}%",
    "family.to_family_ask": lambda words: words.to_family_ask(LETTER),
    "family.well_today_ask": lambda words: words.well_today_ask(LETTER),
    "family.is_all_well": lambda words: str(words.is_all_well(LETTER)),
    "digest.what_helps": lambda words: words.what_helps(Result.FORGOT),
}
"""Not sentences of their own: what a template asks, and words within others."""

FORBIDDEN = re.compile("死|失联|错误|系统|故障|服务器|超时|异常|无效|非法|用户|账号|您必须|怎么又")
OURS = "刚才系统故障"
"""The one thing of ours that people are told, in the words of DOMAIN.md, section 3."""
TO_COORDINATORS = {"digest", "tonight", "unread", "week_sheet", "county_sheet", "drill_report"}
"""What they ask depends on their lists; it is held to the same twenty characters below."""
OF_A_DRILL = ("alarm", "distress", "promised", "broken", "clear", "unreached", "drill_report")

Sentence = Callable[[ModuleType], str]
CATALOGUE: dict[str, Sentence] = {**TO_ELDERS, **TO_OTHERS, **LISTS}


def _modules() -> Iterator[tuple[str, ModuleType]]:
    for folder in sorted(Path(handlers.__file__ or "").parent.iterdir()):
        if (folder / "words.py").exists() and folder.name in COVERED:
            yield folder.name, import_module(f"handlers.{folder.name}.words")


COVERED = {name.split(".")[0] for name in CATALOGUE}


def said(name: str) -> str:
    feature, _ = name.split(".")
    return CATALOGUE[name](import_module(f"handlers.{feature}.words"))


def test_no_sentence_is_missing_from_the_catalogue() -> None:
    known = set(CATALOGUE) | set(PARTS)
    for feature, words in _modules():
        named = {
            f"{feature}.{name}"
            for name, function in getmembers(words, isfunction)
            if not name.startswith("_") and function.__module__ == words.__name__
        }
        assert named <= known, f"not in the catalogue: {sorted(named - known)}"


@pytest.mark.parametrize("name", sorted(TO_ELDERS))
def test_what_an_elder_hears_is_short_and_begins_with_her_name(name: str) -> None:
    words = said(name)
    assert words.startswith("王奶奶，")
    assert len(re.findall("[。？！]", words)) <= 2, words
    assert len(words) <= 34, words


@pytest.mark.parametrize("name", sorted(TO_OTHERS))
def test_what_others_hear_fits_on_one_look(name: str) -> None:
    assert len(said(name)) <= 60, said(name)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_polite_plain_one_question_and_no_frightening_word(name: str) -> None:
    words = said(name)
    assert not FORBIDDEN.search(words.replace(OURS, "")), words
    assert words.count("？") <= 1, words
    assert "你" not in words, words
    assert not re.search("[A-Za-z]", words), words


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_one_two_and_three_always_mean_the_same(name: str) -> None:
    meanings = {"1": "平安|好|在吗", "2": "不舒服|难受", "3": "帮忙"}
    words = said(name)
    for found in re.finditer(r"(?<=[回按个])[123](?!\d)", words):
        around = words[max(found.start() - 7, 0) : found.end() + 4]
        assert re.search(meanings[found[0]], around), words


@pytest.mark.parametrize("kind", sorted(PAPERS))
def test_what_a_template_asks_fits_its_twenty_characters(kind: str) -> None:
    paper = PAPERS[kind]
    letter = replace(OF_HOLD if kind == "hold_told" else LETTER, kind=kind, number=1234)
    if kind not in TO_COORDINATORS:
        assert len(paper.asks(letter)) <= 20


@pytest.mark.parametrize("name", [name for name in PARTS if name.startswith("digest.")])
def test_what_a_digest_asks_fits_the_same_twenty_characters(name: str) -> None:
    asks: Sentence = PARTS[name]
    assert len(asks(import_module("handlers.digest.words"))) <= 20


@pytest.mark.parametrize("kind", OF_A_DRILL)
def test_what_a_template_asks_in_a_drill_is_marked_and_fits_as_well(kind: str) -> None:
    asked = PAPERS[kind].asks(replace(OF_DRILL, kind=kind, number=1234))
    assert len(field_of_a_drill(asked)) <= 20


def test_even_in_trouble_we_say_what_to_do() -> None:
    assert not FORBIDDEN.search(TROUBLE.text)
    assert "再说一遍" in TROUBLE.text


def test_what_it_is_about_is_said_in_two_to_six_characters_for_rules_that_exist() -> None:
    known = {rule["id"] for rule in tomllib.loads(EMERGENCIES.read_text("utf-8"))["rule"]}
    for rule in known:
        letter = replace(LETTER, actor_id="wang", detail={"rule": rule})
        said = re.fullmatch("【急】王秀英(.*)，快去看看！.*", watch.distress(letter))
        assert said is not None
        assert 2 <= len(said[1]) <= 6, rule
    assert known - {"emergency.call-for-help"} == watch.WHAT.keys()
