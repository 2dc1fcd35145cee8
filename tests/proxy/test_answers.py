"""What is an answer to a list, and what only looks like one."""

import pytest

from handlers.proxy.answers import Answer, read


def understood(words: str) -> Answer:
    said = read(words)
    assert said is not None, words
    return said


@pytest.mark.parametrize(
    "words",
    [
        "1 3 5",
        "1、3、5",
        "1,3和5",
        "一、三、五",
        "一三五",
        "1号 3号 5号",
        "1 3 5都好",
        "平安 1 3 5",
    ],
)
def test_numbers_in_every_way_they_are_written(words: str) -> None:
    assert understood(words).well == [1, 3, 5]


@pytest.mark.parametrize("words", ["12号", "十二号", "第十二号", "12号平安", "12见到了"])
def test_twelve_is_one_number(words: str) -> None:
    assert understood(words).well == [12]


@pytest.mark.parametrize("words", ["都好", "全好", "大家都平安", "都见到了", "都在家"])
def test_all_are_well(words: str) -> None:
    said = understood(words)
    assert (said.rest, said.numbers) == (True, [])


@pytest.mark.parametrize("words", ["除了3、5都好", "除3号5号以外都好", "都好,除了3和5"])
def test_all_but_some_are_well(words: str) -> None:
    said = understood(words)
    assert (said.rest, said.but) == (True, [3, 5])


def test_of_each_something_else_is_said() -> None:
    said = understood("1 2平安,3没见到,4头晕,其他都好")
    assert (said.well, said.unseen, said.told, said.rest) == ([1, 2], [3], {4: "头晕"}, True)


def test_who_was_not_seen_after_all_the_others() -> None:
    said = understood("1 2好,别的都没见到")
    assert (said.well, said.rest, said.rest_unseen) == ([1, 2], False, True)


@pytest.mark.parametrize(
    "words",
    [
        "好",
        "没见到",
        "平安 12",
        "我去 3",
        "两个都好",
        "3个人都好",
        "3天没见到人",
        "5点起床了",
        "11月23号都好",
        "123456",
        "除了3",
        "都好 3",
        "都不好",
        "我都好",
    ],
)
def test_what_is_no_answer_to_a_list(words: str) -> None:
    assert read(words) is None


@pytest.mark.parametrize("words", ["1都不好", "1-5", "一切都好", "一直没见到"])
def test_nobody_is_well_by_words_that_are_not_understood(words: str) -> None:
    assert 1 not in understood(words).well
