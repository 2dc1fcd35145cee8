"""A leader goes away, or hands his shift over: somebody stands in, and who should know it does."""

import pytest

from tests.village import Village


def called(village: Village, person: str, about: str) -> int:
    """Count how often somebody was called to an elder."""
    return len([words for words in village.heard(person) if about in words and "我去" in words])


async def test_an_elder_who_leads_goes_to_his_son_and_another_leader_stands_in(
    village: Village,
) -> None:
    await village.expect_only("sun")
    assert (await village.says("laosi", "我去儿子家3天")).startswith("周爷爷，记下了")
    await village.until("06:31")
    assert village.heard("dashan") == ["周老四11月23日到11月25日不在，有事先叫您。辛苦您了。"]
    assert village.heard("zhang") == ["周老四11月23日到11月25日不在，有事先叫李大山。"]
    await village.until("09:31")
    assert (called(village, "dashan", "孙老根"), called(village, "laosi", "孙老根")) == (1, 0)
    await village.until("10:01")
    assert called(village, "laosi", "孙老根") == 1  # with everybody


async def test_who_stands_in_may_speak_for_the_elders_and_see_after_them(village: Village) -> None:
    assert "没找到" in await village.says("dashan", "代 孙老根 平安")
    await village.says("laosi", "我去儿子家3天")
    assert await village.says("dashan", "代 孙老根 平安") == "好，记下了：孙老根平安。"
    await village.says("laosi", "我回来了")
    assert "没找到" in await village.says("dashan", "代 孙老根 平安")


async def test_the_deputy_stands_in_once_she_has_agreed(village: Village) -> None:
    await village.expect_only("wang")
    assert await village.says("dashan", "我的副手 刘翠花") == (
        "记下了，这就问刘翠花。回了“当副手”才算数。"
    )
    await village.until("06:31")
    assert village.heard("liushen") == ["李大山请您当副手：不在时有事先叫您。愿意请回：当副手"]
    assert await village.says("dashan", "我的副手") == "您还没有副手。请回：我的副手 姓名"
    assert await village.says("liushen", "当副手") == "谢谢您。李大山不在时，有事先叫您。"
    assert await village.says("dashan", "我出差到周五") == (
        "记下了，您到11月27日不在。有事先叫刘翠花。"
    )
    await village.until("06:40")
    assert village.heard("dashan") == ["刘翠花答应当李大山的副手了。"]
    assert village.heard("zhang") == [
        "刘翠花答应当李大山的副手了。",
        "李大山11月23日到11月27日不在，有事先叫刘翠花。",
    ]
    await village.until("09:31")
    assert (called(village, "liushen", "王秀英"), called(village, "dashan", "王秀英")) == (1, 0)


async def test_a_good_morning_is_no_yes_to_being_a_deputy(village: Village) -> None:
    await village.says("dashan", "我的副手 周老四")
    await village.until("06:31")
    assert "记下了" in await village.says("laosi", "好")
    assert "还没有副手" in await village.says("dashan", "我的副手")


async def test_a_deputy_named_while_he_is_away_stands_in_from_her_word_on(
    village: Village,
) -> None:
    assert await village.says("dashan", "我不在 3天") == (
        "记下了，您到11月25日不在。有事先叫周老四。"
    )
    await village.says("dashan", "我的副手 刘翠花")
    await village.says("liushen", "当副手")
    assert "东头：现在刘翠花；" in await village.says("zhang", "值班")
    assert await village.says("dashan", "我回来了") == "回来就好，有事又先叫您了。"
    assert "刘翠花" not in await village.says("zhang", "值班")
    await village.until("06:31")
    assert village.heard("liushen")[-1] == "李大山回来了，有事又先叫李大山。"


async def test_said_twice_it_is_one_absence_and_the_coordinator_hears_of_it_once(
    village: Village,
) -> None:
    for _ in range(2):
        await village.says("dashan", "我不在 3天")
    await village.until("07:00")
    assert len([words for words in village.heard("zhang") if "李大山" in words]) == 1


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        ("我明天不在", "记下了，您到11月24日不在。有事先叫周老四。"),
        ("出差到下周三", "记下了，您到12月2日不在。有事先叫周老四。"),
        ("我要去县城住一个礼拜", "记下了，您到11月29日不在。有事先叫周老四。"),
        ("我不在", "您哪几天不在？请回：我不在 3天"),
        ("我不在 90天", "一次最多60天。请再说一次，哪几天不在？"),
        ("不在家", "收到了。想知道能做什么，请回：帮助"),
        ("王奶奶去儿子家3天", "记下了：王秀英请假到11月25日。提前回来请回：王秀英回来了"),
    ],
)
async def test_absence_in_many_words(village: Village, words: str, reply: str) -> None:
    assert await village.says("dashan", words) == reply


async def test_the_duty_passes_when_the_other_says_so_and_not_before(village: Village) -> None:
    await village.all_well_but()
    await village.until("09:00")
    await village.says("zhang", "值班 周一 8点到18点 李大山、张主任")
    await village.says("sun", "我摔倒了")
    await village.says("zhang", "我去 1")
    assert await village.says("zhang", "交班 李大山") == (
        "问李大山了。30分钟内回“接班”才算交了，之前还是您值班。"
    )
    await village.until("09:01")
    assert village.heard("dashan")[-1] == "张主任想把班交给您，到18点。能接请回：接班"
    assert "现在张主任；" in await village.says("zhang", "值班")
    assert await village.says("dashan", "接班") == (
        "您接班了，到18点。张主任答应去看的还没完：1 孙老根。"
    )
    await village.until("09:02")
    assert village.heard("zhang")[-1] == "李大山接班了，到18点。您可以歇着了。"
    assert "李家沟：现在李大山；" in await village.says("zhang", "值班")
    assert (
        await village.says("dashan", "接班")
        == "过了时候，班没有交成。请对方再说一次：交班 您的姓名"
    )
    assert "李大山去看孙老根" not in await village.says("dashan", "我去 1")


async def test_who_takes_over_may_see_after_those_whom_the_other_had_promised_to_see(
    village: Village,
) -> None:
    await village.all_well_but("wang")
    await village.until("09:31")
    (incident,) = await village.incidents("wang")
    await village.says("dashan", f"我去 {incident.number}")
    await village.says("dashan", "交班 周老四")
    assert f"{incident.number} 王秀英" in await village.says("laosi", "接班")
    await village.says("dashan", f"去不了 {incident.number}")
    assert "王" in await village.says("laosi", f"我去 {incident.number}")
    assert (await village.incidents("wang"))[0].stage == "promised"


async def test_without_an_answer_in_time_he_stays_on_duty(village: Village) -> None:
    await village.until("09:00")
    await village.says("zhang", "交班 李大山")
    await village.until("09:31")
    assert "过了时候" in await village.says("dashan", "接班")
    assert "李家沟：现在张主任；" in await village.says("zhang", "值班")


async def test_the_shift_ends_and_the_first_is_on_duty_again(village: Village) -> None:
    await village.until("09:00")
    await village.says("zhang", "值班 每天 8点到12点 张主任")
    await village.says("zhang", "交班 李大山")
    await village.says("dashan", "接班")
    assert "李家沟：现在李大山；" in await village.says("zhang", "值班")
    assert "明天6点到8点没有人，8点到12点张主任" in await village.says("zhang", "值班")


async def test_a_duty_handed_back_is_his_again(village: Village) -> None:
    await village.until("09:00")
    await village.says("zhang", "交班 李大山")
    await village.says("dashan", "接班")
    await village.says("dashan", "交班 张主任")
    await village.says("zhang", "接班")
    assert "李家沟：现在张主任；" in await village.says("zhang", "值班")


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        ("交班", "交给哪一位？请回：交班 姓名"),
        ("交班 刘翠花", "刘翠花不是组长、协调员，也不是您的副手，不能接班。"),
        ("交班 张主任", "不能是您自己。请写另一位的姓名。"),
        ("交班 赵桂兰", "赵桂兰还没有配对手机，叫不到。请换一位。"),
        ("交班 赵六子", "村里没找到“赵六子”，或者有两位同名的。请写全名再说一次。"),
    ],
)
async def test_not_everybody_can_take_over(village: Village, words: str, reply: str) -> None:
    assert await village.says("zhang", words) == reply


async def test_who_is_away_cannot_take_over_and_who_rests_cannot_hand_over(
    village: Village,
) -> None:
    await village.says("zhang", "值班 每天 8点到9点 张主任")
    assert await village.says("zhang", "交班 李大山") == "现在不是您值班，不用交班。"
    await village.until("08:00")
    await village.says("dashan", "我今天不在")
    assert await village.says("zhang", "交班 李大山") == "李大山这几天不在。请换一位。"


async def test_at_night_he_is_told_to_ring_up(village: Village) -> None:
    await village.all_well_but()
    await village.until("22:00")
    assert await village.says("zhang", "交班 李大山") == (
        "夜里不发信打扰，请您打电话给李大山，30分钟内回“接班”才算交了。"
    )
    assert await village.says("dashan", "接班") == "您接班了，到24点。"
