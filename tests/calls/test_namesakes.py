"""Two of one name: we ask which is meant, and the answer goes on with what was said."""

import pytest

from storage.people import Person, PersonRole, Role
from tests.calls.test_visits import CLEANING
from tests.calls.town import Town

WISH = "请人 王秀英 打扫 明天上午"
WHICH = "有两位王秀英：1 东头，2 西头。请问是几号？"


async def another(town: Town, name: str, role: Role, like: str = "sun", born: str = "") -> None:
    """Let one more of this name live here, in the group of somebody we know."""
    async with town.database.writing() as session:
        home = await session.get_one(Person, like)
        session.add(
            Person(
                id="zz-other",
                name=name,
                gender="female",
                born=born,
                village_id=home.village_id,
                group_id=home.group_id,
            )
        )
        await session.flush()
        session.add(PersonRole(person_id="zz-other", role=role))


@pytest.fixture
def home(sqlite_url: str) -> tuple[str, str]:
    """What is asked back is the same on every channel and database."""
    return sqlite_url, "simulator"


@pytest.mark.parametrize(
    ("answer", "elder"), [("1", "wang"), ("第二个", "zz-other"), ("西头的", "zz-other")]
)
async def test_a_call_for_one_of_two_is_asked_back_and_goes_on(
    town: Town, answer: str, elder: str
) -> None:
    await another(town, "王秀英", Role.ELDER)
    assert await town.says("zhang", WISH) == WHICH
    assert await town.calls() == []
    said = await town.says("zhang", answer)
    assert said == "张主任，记下了：王秀英明天上午9点打扫，1001号。找到人告诉您。"
    assert [(one.elder_id, one.category) for one in await town.calls()] == [(elder, "助洁")]
    assert "1001" not in await town.says("zhang", answer)  # the question has been answered


async def test_who_may_speak_for_one_of_them_is_not_asked(town: Town) -> None:
    await another(town, "王秀英", Role.ELDER)
    assert "王秀英明天上午9点打扫" in await town.says("xiaomei", WISH)
    assert await town.says("dashan", "代 王秀英 平安") != WHICH
    assert [one.elder_id for one in await town.calls()] == ["wang"]


async def test_a_number_that_nobody_has_is_heard_as_always(town: Town) -> None:
    await another(town, "王秀英", Role.ELDER)
    await town.says("zhang", WISH)
    assert "收到了" in await town.says("zhang", "3")
    assert await town.says("zhang", "2") != WHICH
    assert [one.elder_id for one in await town.calls()] == ["zz-other"]


async def test_the_next_day_it_has_to_be_said_again(town: Town) -> None:
    await another(town, "王秀英", Role.ELDER)
    await town.live(hours=11, minutes=50)
    await town.says("zhang", WISH)
    await town.live(minutes=20)
    await town.says("zhang", "2")
    assert await town.calls() == []


async def test_for_an_elder_one_and_two_stay_what_they_are(town: Town) -> None:
    await another(town, "刘翠花", Role.VOLUNTEER)
    assert await town.says("wang", "不要刘翠花来") == (
        "王奶奶，有两位刘翠花：11 东头，12 西头。请问是几号？"
    )
    assert "您今天平安" in await town.says("wang", "1")
    assert await town.says("wang", "12") == "王奶奶，好，记下了，不安排刘翠花。"


async def test_whatever_is_said_of_one_of_them_goes_on(town: Town) -> None:
    await another(town, "王秀英", Role.ELDER)
    for words in ("代 王秀英 平安", "请假 王秀英 3天"):
        assert await town.says("zhang", words) == WHICH
        assert "王秀英" in await town.says("zhang", "2")
    assert await town.signs_of("zz-other", "zhang") == 1
    assert await town.signs_of("wang", "zhang") == 0


async def test_of_two_volunteers_the_one_that_is_meant_goes(town: Town) -> None:
    await another(town, "刘翠花", Role.VOLUNTEER, like="wang", born="1961-03-05")
    number = await town.asks("wang", CLEANING)
    assert await town.says("zhang", f"指派 {number} 刘翠花") == (
        "有两位刘翠花：1 东头，2 东头1961年生。请问是几号？"
    )
    assert "两边都告诉了" in await town.says("zhang", "2")
    assert [one.volunteer_id for one in await town.visits(number)] == ["zz-other"]
