"""Who belongs to an elder: she says so herself, or two of the village do, and nobody else."""

from sqlalchemy import select

from storage.people import Identity, Person, Tie, TieKind
from storage.ties import TieClaim
from tests.village import Village

ASKED = "记下了。老人或村里确认了就告诉您，七天没确认就算了。"
WELCOME = "您好，这里是守望。您还没登记，请找组长要6位数字，发到这里。急事请打120。"


async def tied_to(village: Village, elder: str) -> set[tuple[str, str]]:
    """Return the names of those tied to an elder, and what they are to her."""
    async with village.database.reading() as session:
        rows = await session.execute(
            select(Person.name, Tie.kind)
            .join(Person, Person.id == Tie.person_id)
            .where(Tie.elder_id == elder)
        )
        return {(name, kind) for name, kind in rows}


async def a_week_later(village: Village) -> None:
    village.clock.move(days=7, minutes=1)
    _, tying = village.house.rounds["tying"]
    await tying(village.clock.now())


OF_OLD = {("刘翠花", "neighbour"), ("王小梅", "family")}


async def test_the_false_son_hears_and_sees_nothing(village: Village) -> None:
    await village.until("07:00")
    assert await village.says("swindler", "我是王秀英的儿子王大强") == ASKED
    assert await village.says("swindler", "我是王大妞的儿子") == ASKED
    await village.ring()
    asks = "王奶奶，王大强说是您儿子，认识吗？是就回认识，不是回不认识"
    assert asks in village.heard("wang")
    for words in ("名单", "详情 王秀英", "代 王秀英 平安"):
        assert await village.says("swindler", words) == WELCOME
    assert await village.says("wang", "不认识") == "王奶奶，好，不让看。别告诉外人您的事。"
    assert await village.says("swindler", "我要关注王秀英") == ASKED
    await village.ring()
    assert village.heard("wang").count(asks) == 1
    await a_week_later(village)
    assert await tied_to(village, "wang") == OF_OLD
    assert await village.says("swindler", "名单") == WELCOME


async def test_refused_unanswered_and_nobody_end_alike(village: Village) -> None:
    await village.until("07:00")
    for name in ("王秀英", "陈德福", "王大妞"):
        assert await village.says("laosi", f"我要关注 {name}") == ASKED
    await village.says("wang", "不认识他")
    await village.ring()
    over = "您要关注的老人没有确认，这次就到这里。要办请找村里组长。"
    assert over not in village.heard("laosi")
    await a_week_later(village)
    async with village.database.reading() as session:
        states = (await session.scalars(select(TieClaim.state).order_by(TieClaim.id))).all()
    assert states == ["refused", "lapsed", "lapsed"]
    assert len(await village.letters("tie_over")) == 3
    assert await village.says("chen", "认识") != "陈爷爷，好，周老四以后能看您好不好。"


async def test_two_daughters_are_asked_for_one_by_one(village: Village) -> None:
    await village.until("07:00")
    assert await village.says("second", "我是李家沟王秀英的女儿王小兰") == ASKED
    await village.ring()
    assert await village.says("wang", "好") == "王奶奶，好，王小兰以后能看您好不好。"
    await village.ring()
    assert await tied_to(village, "wang") == {*OF_OLD, ("王小兰", "family")}
    assert "王秀英认您了。看今天怎样，请回：名单" in village.heard("second")
    assert any("王秀英认了王小兰（女儿）" in words for words in village.told("dashan"))
    assert "王秀英" in await village.says("second", "名单")
    assert "王秀英" in await village.says("xiaomei", "名单")
    assert await village.says("wang", "取消 小兰") == "王奶奶，好，王小兰以后看不到您了。"
    assert "王秀英" not in await village.says("second", "名单")
    assert "王秀英" in await village.says("xiaomei", "名单")


async def test_an_elder_takes_a_tie_back_and_is_asked_before_it_returns(village: Village) -> None:
    await village.until("07:00")
    assert await village.says("wang", "取消 小梅") == "王奶奶，好，王小梅以后看不到您了。"
    await village.ring()
    assert "王秀英不让王小梅看了，您知道就好。" in village.told("dashan")
    assert await tied_to(village, "wang") == {("刘翠花", "neighbour")}
    await village.says("xiaomei", "我是王秀英的女儿")
    assert await tied_to(village, "wang") == {("刘翠花", "neighbour")}
    await village.says("wang", "认识 王小梅")
    assert await tied_to(village, "wang") == OF_OLD
    assert await village.says("wang", "不认识她") == "王奶奶，好，王小梅以后看不到您了。"


async def test_of_who_has_no_phone_two_of_the_village_say_so(village: Village) -> None:
    await village.until("07:00")
    assert await village.says("xiaomei", "我是赵桂兰的监护人") == ASKED
    await village.ring()
    (vouch,) = [words for words in village.told("dashan") if "赵桂兰" in words]
    number = vouch.rpartition(" ")[2]
    assert vouch == f"王小梅说是赵桂兰的监护人。请当面问她，认就回：确认 亲属 {number}"
    for nobody in ("xiaomei", "laosi", "liushen"):
        said = await village.says(nobody, f"确认 亲属 {number}")
        assert said == f"没有等您作证的{number}号。"
    assert (await village.says("dashan", f"确认 亲属 {number}")).startswith("记下了，还要一位作证")
    assert await tied_to(village, "zhao") == set()
    assert await village.says("zhang", f"确认 亲属 {number}") == "记下了：王小梅是赵桂兰的人了。"
    assert await tied_to(village, "zhao") == {("王小梅", "guardian")}
    assert "赵桂兰" in await village.says("xiaomei", "名单")


async def test_nobody_vouches_for_his_own_house(village: Village) -> None:
    async with village.database.writing() as session:
        session.add(Tie(elder_id="chen", person_id="dashan", kind=TieKind.FAMILY))
        session.add(Tie(elder_id="chen", person_id="xiaomei", kind=TieKind.FAMILY))
    await village.until("07:00")
    await village.says("xiaomei", "我是赵桂兰的女儿")
    async with village.database.reading() as session:
        number = await session.scalar(select(TieClaim.id))
    assert await village.says("dashan", f"确认 亲属 {number}") == f"没有等您作证的{number}号。"


async def test_a_stranger_asks_no_more_than_three_times_a_day(village: Village) -> None:
    await village.until("07:00")
    for name in ("陈德福", "孙老根", "周老四", "王秀英"):
        assert await village.says("swindler", f"我要关注 {name}") == ASKED
    await village.ring()
    assert not any("有人" in words for words in village.heard("wang"))
    async with village.database.reading() as session:
        assert await session.scalar(select(Identity).where(Identity.address == "swindler")) is None
