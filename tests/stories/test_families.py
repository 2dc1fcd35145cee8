"""Families: how she is today, and who of them is called first."""

from datetime import time, timedelta

from storage.checkins import Plan
from storage.people import PersonRole, Role, follow, lose
from storage.rules import VILLAGE_TIME
from tests.families import ON_ONE, ON_WECHAT, is_family_of, joins
from tests.village import Village


async def two_daughters(village: Village) -> None:
    """小梅 of the cast, and 小兰, who comes before her in the turn of no one's making."""
    await joins(village, "xiaolan", "王小兰", "female", "wang")


async def calls(village: Village, person: str) -> int:
    return sum("王秀英今天还没报平安" in words for words in village.told(person))


@ON_ONE
async def test_she_asks_how_her_mother_is_and_hears_no_word_of_hers(village: Village) -> None:
    await village.until("06:30")
    assert await village.says("xiaomei", "今天") == "王秀英：还没报。"
    await village.says("wang", "难受，腿疼")
    answer = await village.says("xiaomei", "妈今天怎样？")
    assert answer == "王秀英：有回音，要去看看。今天6点半听到的。"
    assert "腿" not in answer
    await village.says("chen", "1")
    assert "陈德福" not in await village.says("xiaomei", "今天")


@ON_ONE
async def test_who_has_nobody_here_hears_nothing_of_anybody(village: Village) -> None:
    await village.until("06:30")
    await village.says("wang", "1")
    for nobody_of_hers in ("liushen", "sun", "stranger"):
        assert "王秀英" not in await village.says(nobody_of_hers, "今天")
        assert "王秀英" not in await village.says(nobody_of_hers, "王秀英今天怎样")
        assert "王秀英" not in await village.says(nobody_of_hers, "谁去过")


async def test_a_line_each_day_where_it_is_wished_and_never_two(village: Village) -> None:
    await is_family_of(village, "xiaomei", "chen")
    assert "每天跟您说一声" in await village.says("xiaomei", "每天报我")
    await village.until("06:40")
    await village.says("wang", "1")
    await village.until("06:45")
    assert village.told("xiaomei") == []  # the other one is still waited for
    await village.says("chen", "[表情]呵呵呵")
    await village.until("06:50")
    await village.says("wang", "1")
    await village.until("06:55")
    assert village.told("xiaomei") == ["陈德福今天有回音；王秀英今天平安。"]
    assert await village.says("xiaomei", "不用每天报") == "好，不每天报了。有急事照样叫您。"


async def test_of_two_daughters_the_one_on_duty_is_called_and_the_other_later(
    village: Village,
) -> None:
    await two_daughters(village)
    assert "先找您" in await village.says("xiaomei", "这周我值班")
    await village.all_well_but("wang")
    assert village.told("xiaolan") == ["王小梅说，这周王秀英有事先找王小梅。"]
    await village.until("09:46")
    assert (await calls(village, "xiaomei"), await calls(village, "xiaolan")) == (1, 0)
    await village.until("10:01")
    assert (await calls(village, "xiaomei"), await calls(village, "xiaolan")) == (1, 1)
    await village.says("wang", "1")
    await village.until("10:03")
    for daughter in ("xiaomei", "xiaolan"):
        assert "平安" in village.told(daughter)[-1]


@ON_ONE
async def test_in_an_emergency_both_are_called_at_once(village: Village) -> None:
    await two_daughters(village)
    await village.says("xiaomei", "这周我值班")
    await village.until("07:00")
    await village.says("wang", "摔倒了，起不来")
    await village.until("07:01")
    for daughter in ("xiaomei", "xiaolan"):
        assert any("【急】王秀英" in words for words in village.told(daughter))


@ON_ONE
async def test_where_she_on_duty_is_not_reached_the_other_is_called_at_once(
    village: Village,
) -> None:
    await two_daughters(village)
    await village.says("xiaomei", "这周我值班")
    await village.all_well_but("wang")
    async with village.database.writing() as session:
        await lose(session, (village.channel, "xiaomei"))
    await village.until("09:46")
    assert await calls(village, "xiaolan") == 1


@ON_WECHAT
async def test_where_her_letter_fails_the_other_is_called_at_once(village: Village) -> None:
    await two_daughters(village)
    await village.says("xiaomei", "这周我值班")
    await village.all_well_but("wang")
    await village.platform.unfollow("xiaomei")
    async with village.database.writing() as session:
        await follow(session, (village.channel, "xiaomei"))  # the platform has not told us
    await village.until("09:46")
    assert await calls(village, "xiaolan") == 1


@ON_ONE
async def test_the_turn_goes_round_by_itself(village: Village) -> None:
    await two_daughters(village)
    assert "王小梅" in await village.says("xiaolan", "下周轮到 小梅")
    assert "没有轮班" in await village.says("xiaomei", "谁值班")
    await village.says("xiaolan", "轮到 小梅")
    assert await village.says("xiaomei", "谁值班") == "王秀英：这周王小梅，下周王小梅。"
    assert "几位一起" in await village.says("xiaomei", "不轮了")
    await village.says("xiaomei", "这周我值班")


@ON_ONE
async def test_an_only_child_takes_no_turns(village: Village) -> None:
    assert "只有您一位" in await village.says("xiaomei", "这周我值班")
    assert await village.says("xiaomei", "谁值班") == "王秀英家里只有您一位，有事都找您。"


@ON_ONE
async def test_the_son_in_new_york_sleeps_when_the_village_is_awake(village: Village) -> None:
    await joins(village, "xiaojun", "王小军", "male", "wang")
    await village.until("06:30")
    assert await village.says("xiaojun", "我在美国") == "请写您在哪个城市，比如：我在纽约"
    kept = await village.says("xiaojun", "我在纽约")
    assert kept == "记下了，您那儿现在17点半。夜里不吵您，急事照样叫您。"
    await village.says("xiaojun", "每天报我")
    village.clock.move_to(village.clock.now() + timedelta(hours=4))
    await village.have_watched()
    await village.says("wang", "1")
    await village.ring()
    await village.ring()
    heard = await village.says("xiaojun", "今天")
    assert heard == "王秀英：平安。今天10点半（您那儿前一天21点半）听到的。"
    assert village.told("xiaojun") == []
    (line,) = await village.letters("well_today")
    assert line.due_at.astimezone(VILLAGE_TIME).hour == 19  # half past six in New York
    await village.says("wang", "摔倒了，起不来")
    await village.ring()
    assert any("【急】王秀英" in words for words in village.told("xiaojun"))


@ON_ONE
async def test_an_elder_who_is_also_a_volunteer_and_a_daughter(village: Village) -> None:
    """老人 herself, who looks after her own mother, and goes to others: each word has its place."""
    await joins(village, "meihua", "陈梅花", "female", "wang", role=Role.ELDER)
    async with village.database.writing() as session:
        session.add(PersonRole(person_id="meihua", role=Role.VOLUNTEER))
        session.add(PersonRole(person_id="meihua", role=Role.FAMILY))
        session.add(Plan(elder_id="meihua", opens=time(6), closes=time(9), tier=2))
    await village.until("06:30")
    assert await village.says("meihua", "1") == "陈奶奶，记下了，您今天平安。"
    assert await village.says("meihua", "今天") == "王秀英：还没报。"
    assert await village.says("meihua", "传话 妈，我一会儿过来") == "好，传给王秀英，听到了告诉您。"
    assert "传话" in await village.says("meihua", "帮助")
    assert "下岗" in await village.says("meihua", "更多")
    assert "王小梅" in await village.says("wang", "传话 小梅，在家吗")
    assert await village.expectation("meihua") == "met"
    assert await village.expectation("wang") == "met"


@ON_ONE
async def test_a_relative_asks_for_so_much_a_day_and_no_more(village: Village) -> None:
    await village.until("06:30")
    assert "记下了" in await village.says("xiaomei", "请假 王秀英 3天")
    assert "记下了" in await village.says("xiaomei", "请假 王秀英 4天")
    assert await village.says("xiaomei", "请假 王秀英 5天") == (
        "今天替老人请了2回假，再要请假请找组长。"
    )
    assert "记下了" in await village.says("dashan", "请假 王秀英 6天")
    for wish in ("理发 明天上午", "打扫 明天下午", "代办 后天上午"):
        assert "找组长" not in await village.says("xiaomei", f"请人 王秀英 {wish}")
    assert await village.says("xiaomei", "请人 王秀英 助餐 后天中午") == (
        "今天替老人叫了3回人，再要人请找组长。"
    )
