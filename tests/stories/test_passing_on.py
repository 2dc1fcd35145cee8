"""传话: words and voices between an elder and her family, and what is not carried."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from handlers.message import Kind
from storage.tidings import Tiding
from tests.families import ON_ONE, ON_WECHAT, is_family_of, joins
from tests.village import Village


async def live(village: Village, minutes: float = 1) -> None:
    """Let some time go by in one step, with every round rung twice."""
    village.clock.move_to(village.clock.now() + timedelta(minutes=minutes))
    await village.have_watched()
    for _ in range(2):
        await village.ring()


async def by_day(village: Village) -> None:
    village.clock.move_to(village.clock.now() + timedelta(hours=3))
    await live(village)


async def sounds_of(village: Village, person: str) -> list[bytes]:
    """Return the sounds that came to a phone, fetched as she would hear them."""
    sent = village.platform.sent("message/custom/send")
    ids = [one["voice"]["media_id"] for one in sent if "voice" in one and one["touser"] == person]
    return [await village.house.wechat.media.download(one) for one in ids]


async def test_words_go_to_her_and_her_answer_comes_back(village: Village) -> None:
    await by_day(village)
    assert await village.says("xiaomei", "传话 妈，周六我回来") == "好，传给王秀英，听到了告诉您。"
    await live(village)
    assert village.told("wang")[-1] == "王奶奶，王小梅说：“周六我回来”。想回就发语音。"
    await live(village)
    await village.says("wang", "1")
    await live(village)
    assert village.told("xiaomei") == ["王秀英听到您的话了。"]
    assert await village.says("wang", "回话 好，给你包饺子") == "王奶奶，好，传给王小梅了。"
    await live(village)
    assert village.told("xiaomei")[-1] == "王秀英说：“好，给你包饺子”"


@ON_WECHAT
async def test_the_voice_itself_is_carried_both_ways(village: Village) -> None:
    hers, back = b"#!AMR\nSaturday", b"#!AMR\ndumplings"
    await by_day(village)
    assert "发一条语音" in await village.says("xiaomei", "传话给妈")
    assert "传给王秀英" in (await village.platform.voice("xiaomei", sound=hers)).reply
    await live(village)
    assert "王奶奶，王小梅给您捎来一段语音。想回就发语音。" in village.told("wang")
    assert await sounds_of(village, "wang") == [hers]
    answer = (await village.platform.voice("wang", sound=back)).reply
    assert answer == "王奶奶，好，传给王小梅了。"
    await live(village)
    assert "王秀英给您捎来一段语音。" in village.told("xiaomei")
    assert await sounds_of(village, "xiaomei") == [back]
    assert not any("请您听一听" in words for words in village.told("dashan"))


@ON_ONE
async def test_where_no_voice_can_be_carried_it_is_said_and_words_will_do(village: Village) -> None:
    await by_day(village)
    await village.says("xiaomei", "传话给妈")
    assert await village.sends("xiaomei", Kind.VOICE) == "这里传不了语音，请把话打成字。"
    assert "传给王秀英" in await village.says("xiaomei", "周六我回来")


@ON_WECHAT
async def test_a_daughter_who_has_not_written_for_days_gets_a_card_and_then_the_voice(
    village: Village,
) -> None:
    await joins(village, "xiaolan", "王小兰", "female", "wang", wrote_hours_ago=60)
    await by_day(village)
    await village.says("wang", "传话 小兰")
    hers = b"#!AMR\ndumplings"
    await village.platform.voice("wang", sound=hers)
    await live(village)
    (card,) = village.told("xiaolan")
    assert "王秀英给您捎话了，请回：听话" in card
    assert await village.says("xiaolan", "听话") == "好，这就发给您。"
    await live(village)
    assert "王秀英给您捎来一段语音。" in village.told("xiaolan")
    assert await sounds_of(village, "xiaolan") == [hers]
    assert await village.says("xiaomei", "听话") == "这几天没有捎给您的话。"


@ON_WECHAT
async def test_her_leader_lets_her_listen_who_has_no_phone(village: Village) -> None:
    await is_family_of(village, "xiaomei", "zhao")
    await by_day(village)
    await village.says("xiaomei", "传话 赵桂兰")
    hers = b"#!AMR\nSaturday"
    assert "请李大山当面传" in (await village.platform.voice("xiaomei", sound=hers)).reply
    await live(village)
    assert "王小梅请您让赵桂兰听听这段语音。传到了请回：传到了 1" in village.told("dashan")
    assert await sounds_of(village, "dashan") == [hers]


async def test_her_leader_tells_her_who_has_no_phone(village: Village) -> None:
    await is_family_of(village, "xiaomei", "zhao")
    await by_day(village)
    answer = await village.says("xiaomei", "传话 赵桂兰，药放在灶台上了")
    assert answer == "赵桂兰自己收不到，请李大山当面传。传到了告诉您。"
    await live(village)
    assert village.told("dashan")[-1] == (
        "王小梅请您传话给赵桂兰：“药放在灶台上了”。传到了请回：传到了 1"
    )
    assert "药放在灶台上了" in await village.says("dashan", "要传的话")
    assert "没有要您传的9号" in await village.says("dashan", "传到了 9")
    assert "话传给赵桂兰了" in await village.says("dashan", "传到了 1，她说看见了")
    await village.says("dashan", "传到了 1 她说又看见了")
    await live(village)
    assert village.told("xiaomei") == ["赵桂兰（李大山代传）说：“看见了”"]
    assert await village.says("dashan", "要传的话") == "没有要您传的话。"


@ON_WECHAT
async def test_what_cannot_reach_her_phone_her_leader_tells_her(village: Village) -> None:
    await by_day(village)
    await village.platform.unfollow("wang")
    await village.says("xiaomei", "传话 妈，周六我回来")
    await live(village)
    await live(village)
    assert any("传话给王秀英：“周六我回来”" in words for words in village.told("dashan"))


@ON_ONE
async def test_a_leader_who_forgets_is_reminded_and_she_who_sent_it_knows(
    village: Village,
) -> None:
    await is_family_of(village, "xiaomei", "zhao")
    await by_day(village)
    await village.says("xiaomei", "传话 赵桂兰，药放在灶台上了")
    async with village.database.writing() as session:
        now = village.clock.now()
        await session.execute(update(Tiding).values(read_at=now - timedelta(hours=25)))
    await live(village)
    await live(village)
    assert any("还没传到吧" in words for words in village.told("dashan"))
    assert "您的话还没传到赵桂兰那儿。要紧的话请打个电话。" in village.told("xiaomei")


@ON_ONE
async def test_at_night_it_waits_for_her_morning(village: Village) -> None:
    assert "早上传给王秀英" in await village.says("xiaomei", "传话 妈，周六我回来")
    await live(village)
    assert village.told("wang") == []


@ON_ONE
async def test_five_a_day_and_no_more(village: Village) -> None:
    for number in range(5):
        assert "传给王秀英" in await village.says("xiaomei", f"传话 妈，第{number}回")
    assert "明天再传" in await village.says("xiaomei", "传话 妈，再来一回")


@pytest.mark.parametrize("words", ["传话 王秀英，开门", "传话 妈，开门", "传话"])
@ON_ONE
async def test_who_is_nobody_of_hers_sends_her_nothing(village: Village, words: str) -> None:
    for nobody in ("liushen", "stranger"):
        await village.says(nobody, words)
    await by_day(village)
    assert village.told("wang") == []


@ON_ONE
async def test_a_swindler_is_not_carried_and_her_leader_hears_of_him(village: Village) -> None:
    await by_day(village)
    refused = "提到钱、卡、密码的话不替人传，怕有人冒充。请您直接打电话说。"
    assert await village.says("xiaomei", "传话 妈，急用钱，转五千给我") == refused
    await live(village)
    assert not any("王小梅几次" in words for words in village.told("dashan"))
    assert await village.says("xiaomei", "传话 妈，把验证码发我") == refused
    await live(village)
    assert village.told("wang") == []
    assert "【防骗】王小梅几次借传话向王秀英提钱，没传。请提醒她别转。" in village.told("dashan")


@ON_ONE
async def test_an_elder_asked_for_money_is_warned_and_people_ring_her_up(
    village: Village,
) -> None:
    await joins(village, "xiaolan", "王小兰", "female", "wang")
    await village.says("xiaomei", "这周我值班")
    warned = await village.says("wang", "有人打电话说我中奖了，让我转钱")
    assert warned == "王奶奶，别转钱！先给李大山、王小梅打电话，报警打110。"
    await live(village)
    told = "【防骗】有人向王秀英要钱。请快打电话，让她别转，也可报110。"
    assert told in village.told("dashan")
    assert told in village.told("xiaomei")
    assert not any("防骗" in words for words in village.told("xiaolan"))
    assert await village.expectation("wang") in ("none", "met")


@ON_ONE
async def test_a_call_for_help_goes_before_a_warning(village: Village) -> None:
    answer = await village.says("wang", "有人叫我转钱，我胸口疼得喘不上气")
    assert "别怕" in answer
    assert "120" in answer


@ON_ONE
async def test_what_hurts_her_is_told_to_her_daughter_and_to_her_leader(village: Village) -> None:
    await by_day(village)
    answer = await village.says("wang", "传话 闺女，我头晕得很")
    assert answer == "王奶奶，告诉李大山了。厉害就打120，现在好些吗？"
    await live(village)
    assert village.told("xiaomei") == ["王秀英说：“我头晕得很”"]
    assert any("王秀英说不舒服" in words for words in village.told("dashan"))


@ON_ONE
async def test_of_one_kin_and_another_it_is_asked_who_is_meant(village: Village) -> None:
    await is_family_of(village, "xiaomei", "zhao")
    answer = await village.says("xiaomei", "传话 周六我回来")
    assert answer == "传给哪位？您可以传给：王秀英、赵桂兰。请写：传话 王秀英，您的话"
