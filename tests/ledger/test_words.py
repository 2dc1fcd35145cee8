"""What the time bank says, held to how one speaks with old people (DOMAIN.md, section 2)."""

import re
from dataclasses import replace
from datetime import datetime
from inspect import getmembers, isfunction

import pytest

from handlers.timebank import words
from storage.ledger_statements import Line, Owed
from storage.letters import Claimed
from storage.people import Caller, Role
from storage.rules import VILLAGE_TIME

WANG = Caller("wang", "王秀英", "female", 1, 1, frozenset({Role.ELDER}), ("wechat", "w"), True)
ZHANG = replace(WANG, id="zhang", name="张主任", roles=frozenset({Role.COORDINATOR}))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=VILLAGE_TIME)
HEAD = f"1234:{'a1' * 32}"
LETTER = Claimed(
    id=1,
    key="k",
    kind="gift_came",
    urgency=2,
    recipient_id="xiaomei",
    about_id=None,
    actor_id="wang",
    incident_id=None,
    number=None,
    detail={
        "minutes": 750,
        "faults": 2,
        "month": 11,
        "came": 300,
        "went": 90,
        "balance": 210,
        "transfers": 1234,
        "members": 25,
        "owed": 18_630,
        "head": HEAD,
    },
    media="",
    written_at=NOON,
    tries=1,
    repeated=False,
    way="",
    about_name=None,
    about_gender=None,
    actor_name="王秀英",
)

REPLIES = {
    "balance": words.balance(WANG, 750),
    "balance of nothing": words.balance(WANG, 0),
    "lines of nothing": words.lines(WANG, []),
    "shall_i_give": words.shall_i_give(WANG, 120, "王小梅", "4821"),
    "shall_i_donate": words.shall_i_donate(WANG, 90, "4821"),
    "how_to_give": words.how_to_give(WANG),
    "how_to_donate": words.how_to_donate(WANG),
    "with_its_number": words.with_its_number(WANG, "确认", "4821"),
    "given": words.given(WANG, "王小梅", 630),
    "donated": words.donated(WANG, 630),
    "dropped": words.dropped(WANG),
    "not_enough": words.not_enough(WANG, 45),
    "no_room": words.no_room(WANG, "王小梅"),
    "not_a_relative": words.not_a_relative(WANG, "王小梅"),
    "nobody_of_that_name": words.nobody_of_that_name(WANG, "王小梅"),
    "no_gifts": words.no_gifts(WANG),
    "no_such_question": words.no_such_question(WANG),
    "done_before": words.done_before(WANG),
    "too_late": words.too_late(WANG),
    "at_rest": words.at_rest(WANG),
    "no_service_yet": words.no_service_yet(WANG),
}
"""Of two sentences and thirty characters or so, her name first, one thing at a time."""

LONGER = {
    "lines": words.lines(WANG, [Line(NOON, "settle", 75, "hold:r1", None)]),
    "give_to_whom": words.give_to_whom(WANG, [("王小梅", "东头", "4821"), ("李小梅", "", "4822")]),
    "certificate": words.certificate(WANG, 80, "20261123-12345678", "12345678"),
    "gift_came": words.gift_came(LETTER),
    "statement": words.statement(LETTER),
    "reminder": words.reminder(LETTER),
    "reminder of a parent": words.reminder(replace(LETTER, about_name="王秀英")),
    "owed": words.owed(ZHANG, Owed(25, 18_630), 600),
    "fault": words.fault(LETTER),
    "week": words.week(LETTER).replace(HEAD, ""),
}
"""Letters, lists, and what a coordinator reads: still one look."""

PARTS = {"hours", "fault_ask", "week_ask"}
FORBIDDEN = re.compile("死|失联|错误|系统|故障|服务器|超时|异常|无效|非法|用户|账号|您必须|怎么又")
EVERY = {**REPLIES, **LONGER}


def test_no_sentence_is_missing() -> None:
    named = {
        name
        for name, function in getmembers(words, isfunction)
        if not name.startswith("_") and function.__module__ == words.__name__
    }
    assert named - PARTS == {name.split(" ")[0] for name in EVERY}


@pytest.mark.parametrize("name", REPLIES)
def test_an_elder_hears_her_name_and_two_short_sentences(name: str) -> None:
    said = REPLIES[name]
    assert said.startswith("王奶奶，")
    assert len(re.findall("[。？！]", said)) <= 2, said
    assert len(said) <= 34, said


@pytest.mark.parametrize("name", EVERY)
def test_polite_and_plain(name: str) -> None:
    said = EVERY[name]
    assert len(said) <= 60, said
    assert not FORBIDDEN.search(said), said
    assert said.count("？") <= 1, said
    assert "你" not in said, said
    assert not re.search("[A-Za-z]", said), said


@pytest.mark.parametrize("ask", [words.fault_ask, words.week_ask])
def test_what_a_template_asks_fits_it(ask: object) -> None:
    assert callable(ask)
    assert len(ask(LETTER)) <= 20
