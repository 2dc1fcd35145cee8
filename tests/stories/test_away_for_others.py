"""Family and leaders say in their own words that an elder is away, and the others hear of it."""

import pytest
from sqlalchemy import select

from handlers.message import Kind
from storage.holds import Hold
from storage.people import Tie, TieKind
from tests.village import Village


async def holds(village: Village, elder: str) -> list[tuple[str, str, str]]:
    """Return why, until when and by whose word an elder is away."""
    async with village.database.reading() as session:
        found = await session.scalars(select(Hold).where(Hold.elder_id == elder).order_by(Hold.id))
        return [(one.reason, one.last_day.isoformat()[5:], one.said_by) for one in found]


async def is_family_too(village: Village, elder: str) -> None:
    async with village.database.writing() as session:
        session.add(Tie(elder_id=elder, person_id="xiaomei", kind=TieKind.FAMILY))


@pytest.mark.parametrize(
    ("words", "reason", "last_day"),
    [
        ("我妈去我家住3天", "away", "11-25"),
        ("我妈明天来我家住两天", "away", "11-25"),
        ("俺娘去俺姐姐家住一个礼拜", "away", "11-29"),
        ("老人来我这儿过冬，住到腊月初八", "away", "01-15"),
        ("我妈住院了", "hospital", "11-29"),
        ("王秀英去城里住5天", "away", "11-27"),
    ],
)
async def test_the_daughter_says_it_and_the_leader_hears_it(
    village: Village, words: str, reason: str, last_day: str
) -> None:
    await village.until("07:00")
    assert (await village.says("xiaomei", words)).startswith("记下了：王秀英请假到")
    assert await holds(village, "wang") == [(reason, last_day, "xiaomei")]
    assert await village.expectation("wang") in ("excused", "pending")
    await village.ring()
    (told,) = (heard for heard in village.heard("dashan") if "王秀英" in heard)
    assert told.startswith(f"王小梅说，王秀英{'住院' if reason == 'hospital' else '出门'}了，")
    assert not any("王小梅说" in heard for heard in village.heard("xiaomei"))


@pytest.mark.parametrize("words", ["王秀英去闺女家住5天", "王秀英住院了", "请假 王秀英 5天"])
async def test_the_leader_says_it_and_the_family_hears_it(village: Village, words: str) -> None:
    await village.until("07:00")
    assert (await village.says("dashan", words)).startswith("记下了：王秀英请假到")
    await village.ring()
    assert village.heard("xiaomei")[-1].startswith("李大山说，王秀英")
    assert not any("李大山说" in heard for heard in village.heard("dashan"))
    assert await village.expectation("wang") == "excused"


async def test_said_twice_in_one_message_it_is_told_once(village: Village) -> None:
    await village.until("07:00")
    await village.says("xiaomei", "我妈去我家住3天")
    for _ in range(2):
        await village.ring()
    assert len(await village.letters("hold_told")) == 1


async def test_of_two_she_is_asked_which(village: Village) -> None:
    await is_family_too(village, "zhao")
    await village.until("07:00")
    assert await village.says("xiaomei", "我妈去我家住3天") == (
        "您说的是哪位老人？请回全名：王秀英、赵桂兰"
    )
    assert not await holds(village, "wang")
    assert (await village.says("xiaomei", "赵桂兰")).startswith("记下了：赵桂兰请假到11月25日")
    assert await holds(village, "zhao") == [("away", "11-25", "xiaomei")]
    assert not await holds(village, "wang")


async def test_the_word_for_him_is_not_the_word_for_her(village: Village) -> None:
    await is_family_too(village, "chen")
    await village.until("07:00")
    await village.says("xiaomei", "我爸住院了")
    assert await holds(village, "chen") == [("hospital", "11-29", "xiaomei")]
    assert not await holds(village, "wang")


async def test_she_does_not_say_how_long_and_is_asked(village: Village) -> None:
    await village.until("07:00")
    assert await village.says("xiaomei", "我妈来我家住") == "王秀英去几天？请回：去3天"
    assert "11月26日" in await village.says("xiaomei", "四天")
    assert await holds(village, "wang") == [("away", "11-26", "xiaomei")]


@pytest.mark.parametrize(
    "words",
    ["我妈去我家吃饭", "我妈没住院", "我妈是不是住院了", "我妈出院了", "陈德福去闺女家住5天"],
)
async def test_what_is_no_hold_or_not_hers_to_say_excuses_nobody(
    village: Village, words: str
) -> None:
    await village.until("07:00")
    await village.says("xiaomei", words)
    for elder in ("wang", "chen"):
        assert not await holds(village, elder)
        assert await village.expectation(elder) == "pending"


@pytest.mark.parametrize(
    "words", ["我爸住院了", "老伴住院了", "我儿子来我家住3天", "孙老根去儿子家住3天"]
)
async def test_an_elder_who_speaks_of_another_is_not_away_herself(
    village: Village, words: str
) -> None:
    await village.all_well_but("wang")
    await village.says("wang", words)
    assert not await holds(village, "wang")
    await village.until("05:00")
    assert await village.expectation("wang") == "pending"


@pytest.mark.parametrize(
    "words", ["我去儿子家住3天", "我跟儿子去北京住3天", "腿疼，住院了", "明天去闺女家住一天"]
)
async def test_an_elder_who_speaks_of_herself_is(village: Village, words: str) -> None:
    await village.until("07:00")
    await village.says("wang", words)
    assert len(await holds(village, "wang")) == 1


async def test_said_while_she_is_missed_it_ends_the_search_and_excuses_her(
    village: Village,
) -> None:
    await village.all_well_but("wang")
    await village.until("09:31")
    assert (await village.says("dashan", "王秀英住院了")).startswith("记下了：王秀英住院了")
    (incident,) = await village.incidents("wang")
    assert (incident.stage, incident.result) == ("closed", "住院")
    assert await holds(village, "wang") == [("hospital", "11-29", "dashan")]
    await village.until("05:00")
    assert await village.expectation("wang") == "excused"


async def test_the_daughters_own_words_end_the_search_too(village: Village) -> None:
    await village.all_well_but("wang")
    await village.until("09:31")
    await village.says("xiaomei", "我妈在我家住两天")
    (incident,) = await village.incidents("wang")
    assert (incident.stage, incident.result) == ("closed", "外出")


async def speaks(village: Village, words: str) -> str:
    """Let Wang Xiuying speak, and the platform write it down."""
    if village.channel != "wechat":
        said = await village.house.simulator.say("wang", words, kind=Kind.VOICE)
        return said.text if said else ""
    return (await village.platform.voice("wang", recognition=words)).reply


async def test_what_a_machine_heard_is_asked_back_and_taken_when_she_writes_yes(
    village: Village,
) -> None:
    await village.until("07:00")
    asked = await speaks(village, "我去儿子家住三天")
    assert asked == "王奶奶，您出门，11月26日再报平安，是吗？请打字回：对"
    assert not await holds(village, "wang")
    assert await village.says("wang", "对") == "王奶奶，记下了，11月26日再等您报平安。路上慢点。"
    assert await holds(village, "wang") == [("away", "11-25", "wang")]


async def test_what_a_machine_misheard_excuses_nobody(village: Village) -> None:
    await village.until("07:00")
    await speaks(village, "我去儿子家住三天")
    assert await village.says("wang", "不是") == "王奶奶，好，那明早照常等您报平安。"
    assert not await holds(village, "wang")
