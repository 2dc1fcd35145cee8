"""What people really send, and what it means."""

from datetime import date, datetime, time

import pytest

from handlers.hearing import Category, Hearing, Level, Subject, Wish

HENS = (
    "今天喂了鸡，芦花鸡抱窝了，下了三个蛋，大公鸡老叨人，我把它关起来了。"
    "说实话闺女，俺也不想活了，你别跟你哥说。晚上我再给鸡添点食。"
)


def test_the_wish_to_die_is_heard_among_the_hens(ear: Hearing, now: datetime) -> None:
    assert ear.hear(HENS, now).level is Level.CRISIS


def test_a_fall_outweighs_a_missed_breakfast(ear: Hearing, now: datetime) -> None:
    assert ear.hear("没吃饭，摔了", now).level is Level.EMERGENCY


@pytest.mark.parametrize(
    "text", ["刘翠花摔倒了", "王桂花从梯子上掉下来了", "老马摔倒了", "隔壁老牛摔了一跤"]
)
def test_a_name_that_is_also_a_thing_is_a_person(ear: Hearing, now: datetime, text: str) -> None:
    heard = ear.hear(text, now)
    assert (heard.level, heard.subject.who) == (Level.EMERGENCY, "another")


@pytest.mark.parametrize("text", ["院里的花摔了", "家里的马摔倒了", "花盆摔了"])
def test_a_thing_that_fell_calls_nobody(ear: Hearing, now: datetime, text: str) -> None:
    assert ear.hear(text, now).level not in (Level.EMERGENCY, Level.CRISIS)


def test_a_fall_that_is_over_calls_nobody(ear: Hearing, now: datetime) -> None:
    assert ear.hear("昨天摔了，今天好了", now).level is Level.OK


def test_a_pain_that_just_passed_is_still_asked_about(ear: Hearing, now: datetime) -> None:
    assert ear.hear("刚才胸口疼，现在好了", now).level is Level.CARE


def test_no_friendly_word_lowers_a_distress(ear: Hearing, now: datetime) -> None:
    assert ear.hear("挺好的，放心吧，就是刚才摔了一跤，没事", now).level is Level.EMERGENCY


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("隔壁老李摔倒了", "隔壁老李"),
        ("王奶奶摔倒了", "王奶奶"),
        ("三组王秀英在家摔倒了", "王秀英"),
        ("我妈摔倒了", "我妈"),
        ("对门张婶晕过去了", "对门张婶"),
        ("老伴叫不醒了", "老伴"),
    ],
)
def test_who_is_spoken_of_is_named(ear: Hearing, now: datetime, text: str, about: str) -> None:
    verdict = ear.hear(text, now)
    assert (verdict.level, verdict.subject) == (Level.EMERGENCY, Subject("another", about))


@pytest.mark.parametrize(
    "text", ["我摔倒了，快叫王奶奶来", "摔了", "儿子打我", "快叫俺儿来，我不行了"]
)
def test_she_speaks_of_herself(ear: Hearing, now: datetime, text: str) -> None:
    assert ear.hear(text, now).subject == Subject()


@pytest.mark.parametrize(
    "text", ["[强]", "/:strong", "/强", "👍🏻", "\ue00e", "[ThumbsUp]", "[强][强][强]"]
)
def test_a_thumb_is_a_thumb_in_every_writing(ear: Hearing, now: datetime, text: str) -> None:
    assert ear.hear(text, now).level is Level.OK


@pytest.mark.parametrize(
    ("text", "level"),
    [("１", "ok"), ("2。", "care"), ("三", "request"), ("①", "ok"), ("12", "alive"), ("", "alive")],
)
def test_three_numbers_mean_the_same_everywhere(
    ear: Hearing, now: datetime, text: str, level: str
) -> None:
    assert ear.hear(text, now).level == level


def test_traditional_characters_are_read(ear: Hearing, now: datetime) -> None:
    assert ear.hear("我頭暈，摔倒了，動彈不得", now).level is Level.EMERGENCY


@pytest.mark.parametrize("text", ["我衰倒了", "胸口腾", "就命啊", "着活了，快来", "俺率到了"])
def test_what_the_machine_misheard_is_heard(ear: Hearing, now: datetime, text: str) -> None:
    assert ear.hear(text, now).level is Level.EMERGENCY


@pytest.mark.parametrize(
    "text",
    [
        "化肥运到了",
        "去河北找活干",
        "他像是睡了",
        "打农药去",
        "挂吊瓶呢",
        "跳广场舞",
        "喝了点药感冒药",
    ],
)
def test_false_friends_call_nobody(ear: Hearing, now: datetime, text: str) -> None:
    assert ear.hear(text, now).level in {Level.ALIVE, Level.OK}


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("明天上午想洗澡", Wish(date(2026, 11, 24), "上午")),
        ("后晌理个发行不", Wish(None, "下午")),
        ("礼拜三陪我去医院", Wish(date(2026, 11, 25))),
        ("下周一帮我买菜", Wish(date(2026, 11, 30))),
        ("腊月初八想理发", Wish(date(2027, 1, 15))),
        ("12月3号下午三点半送我去县里", Wish(date(2026, 12, 3), "下午", time(15, 30))),
        ("明儿8:30陪俺去医院", Wish(date(2026, 11, 24), "", time(8, 30))),
        ("帮我买菜", None),
    ],
)
def test_when_she_would_like_it(ear: Hearing, now: datetime, text: str, when: Wish | None) -> None:
    assert ear.hear(text, now).when == when


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("陪我聊半个钟头", 30),
        ("帮我打扫俩钟头", 120),
        ("打扫卫生，一个半小时", 90),
        ("陪我40分钟", 40),
        ("想请人做饭三天", 3 * 24 * 60),
        ("星期三洗澡", None),
    ],
)
def test_how_long(ear: Hearing, now: datetime, text: str, minutes: int | None) -> None:
    assert ear.hear(text, now).minutes == minutes


def test_numbers_are_kept_for_commands(ear: Hearing, now: datetime) -> None:
    assert ear.hear("接单 1234", now).numbers == (1234,)
    assert ear.hear("到了 1234 5678", now).numbers == (1234, 5678)
    assert ear.hear("二百三", now).numbers == (230,)


def test_a_request_carries_its_rule(ear: Hearing, now: datetime) -> None:
    verdict = ear.hear("俺想剃头", now)
    assert (verdict.category, verdict.rule, verdict.version) == (
        Category.HAIRCUT,
        "request.haircut",
        1,
    )


@pytest.mark.parametrize(
    ("text", "stopped_by"),
    [
        ("俺没晕倒", "negation"),
        ("没胸口疼", "negation"),
        ("担心房子塌了", "fear"),
        ("差点晕倒", "fear"),
        ("电视里有人晕倒了", "story"),
        ("那年俺爹中风了", "long_past"),
        ("是虚惊一场，昨天胸口疼，今天好了", "resolved"),
        ("轮胎没气了，车胎卡住了", "anti-phrase"),
    ],
)
def test_what_stops_an_alarm_is_named(
    ear: Hearing, now: datetime, text: str, stopped_by: str
) -> None:
    told = ear.explain(text, now)
    assert told.verdict.level is not Level.EMERGENCY
    assert stopped_by in {finding.stopped_by for finding in told.findings}


def test_it_can_tell_why(ear: Hearing, now: datetime) -> None:
    told = ear.explain("怕摔倒，走路慢", now)
    assert told.verdict.level is Level.ALIVE
    assert told.clauses == ("怕摔倒", "走路慢")
    assert ("emergency.fall", "fear") in {(f.rule, f.stopped_by) for f in told.findings}
