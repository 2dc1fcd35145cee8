"""Only the routes that can hear the words are asked, and none of them is left out."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import cast

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from handlers.features import ROUTERS
from handlers.hearing import Hearing
from handlers.message import Kind, Message
from handlers.router import Switchboard
from handlers.turn import Turn
from storage.people import Caller, Role
from storage.questions import HOW, Asked
from storage.rules import Rules
from tests.importing.village import NOW

HEARING = Hearing.load()
SWITCHBOARD = Switchboard(ROUTERS)
SAID = (
    *(
        "",
        "1",
        "好",
        "不用了",
        "我去 12",
        "平安 12",
        "接单 1234",
        "代 王秀英 平安",
        "123456",
        "认识",
    ),
    *(
        "照片 1234",
        "谁值班",
        "我的副手",
        "名单",
        "我去儿子家3天",
        "头晕",
        "想理发",
        "🌹🌹🌹",
        "帮助 2",
    ),
    "今天天气真好，我跟老伴去赶了集，买了两斤肉，回来包饺子吃",
)
CALLER = Caller("wang", "王秀英", "female", 1, 1, frozenset(), ("wechat", "o"), reachable=True)
QUESTIONS = (None, Asked(HOW, {}, 1, NOW))


def turns(words: str) -> Iterator[Turn]:
    """Let these words be said by a stranger and by people of each role, asked and unasked."""
    everybody = [None, *(replace(CALLER, roles=frozenset({role})) for role in Role)]
    for caller, question, kind in product(everybody, QUESTIONS, (Kind.TEXT, Kind.VOICE)):
        message = Message(channel="wechat", key="1", sender="o", kind=kind, at=NOW, text=words)
        none = cast(AsyncSession, None)
        yield Turn(message, none, NOW, Rules(), HEARING, caller, question=question)


@pytest.mark.parametrize("words", SAID)
def test_whoever_listens_is_asked_in_the_order_of_precedence(words: str) -> None:
    for turn in turns(words):
        whole = [
            route.handler for router in ROUTERS for route in router.routes if route.listens(turn)
        ]
        assert list(SWITCHBOARD.listening(turn)) == whole
        assert list(SWITCHBOARD.listening(turn)) == whole  # as it was kept
