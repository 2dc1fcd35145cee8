"""帮我理个发 becomes a neighbour at the door: the whole way, and everybody hears of it."""

from tests.calls.town import Town


async def test_a_haircut_from_her_words_to_the_thanks(town: Town) -> None:
    assert await town.says("wang", "明天上午想请人来给我理个发") == (
        "王奶奶，记下了，明天上午9点理发。找到人告诉您。"
    )
    call = await town.call()
    assert (call.category, call.state, call.number) == ("理发", "open", 1001)
    await town.live(minutes=1)
    asked = await town.asked(1001)
    assert asked == ["liushen", "mingyue", "jianguo"]
    offer = "东头有老人要人理发，11月24日上午9点。能去请回：接单 1001；不去回：不接 1001"
    assert offer in town.heard("liushen")
    assert await town.says("liushen", "接单 1001") == "好，1001号记下您了。定下谁去，马上告诉您。"
    assert await town.says("jianguo", "不接 1001") == "好，1001号我再问别人。谢谢您回话！"
    assert await town.state(1001) == "open"
    await town.live(minutes=31)
    assert await town.state(1001) == "assigned"
    code = call.code
    assert f"王奶奶，刘翠花11月24日上午9点来。见面说服务码{code}。" in town.heard("wang")
    assert town.heard("liushen")[-1] == (
        "定了：11月24日上午9点去东头王秀英家理发，电话13800000001。到了请回：到了 1001 加服务码"
    )
    assert await town.kept(1001) == 75  # 45 minutes and the grace
    await town.live(hours=20)
    assert (await town.says("liushen", f"到了 1001 {code}")).startswith("记下了，您到了。")
    assert await town.state(1001) == "in_service"
    await town.live(minutes=50)
    assert await town.says("liushen", "完成 1001") == (
        "辛苦了！记下50分钟，等王秀英说声好就存进去。"
    )
    await town.live(minutes=1)
    assert town.heard("wang")[-1] == "王奶奶，刘翠花来过了，还好吗？好就回：好 1001"
    assert await town.says("wang", "好 1001") == "王奶奶，记下了。想谢谢人家，就说：五朵花"
    assert await town.state(1001) == "settled"
    assert await town.balance("liushen") == 45  # 50 minutes to the quarter of an hour
    assert await town.says("wang", "5朵花") == "王奶奶，5朵花转告了，谢谢您！"
    await town.live(minutes=1)
    assert "王秀英送您5朵花！理发的事办好了，记下50分钟。" in town.heard("liushen")
