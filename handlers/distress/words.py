"""What is said in distress: who comes, and the number to call. No word of blame."""

from collections.abc import Sequence

from handlers import names
from storage.letters import Claimed


def help_comes(called: str, names_called: Sequence[str], number: str) -> str:
    return f"{called}，别怕，{_who_comes(names_called)}快打{number}！"


def _who_comes(names_called: Sequence[str]) -> str:
    if not names_called:
        return "我在找人。"
    return f"叫了{'、'.join(names_called[:3])}。"


def they_know(elder: str, names_called: Sequence[str], number: str) -> str:
    return f"{elder}的事，{_who_comes(names_called)}快打{number}！"


def you_are_not_alone(called: str, names_called: Sequence[str]) -> str:
    comes = f"{names_called[0]}马上来陪您。" if names_called else "我在找人来陪您。"
    return f"{called}，我听着呢，{comes}也可以打12356。"


def stay_with_her(elder: str, names_called: Sequence[str]) -> str:
    comes = f"叫了{'、'.join(names_called[:3])}。" if names_called else "我在找人。"
    return f"请先陪着{elder}，{comes}也可以打12356。"


def who_is_it(options: Sequence[tuple[int, str]]) -> str:
    if not options:
        return "是谁出事了？请写全名。急事先打120！"
    listed = "，".join(f"{number} {name}" for number, name in options)
    return f"是哪一位？请回：{listed}。急事先打120！"


def who_again(options: Sequence[tuple[int, str]]) -> str:
    if not options:
        return "没找到这个人。请说她姓什么叫什么，急事先打120！"
    listed = "，".join(f"{name}回{number}" for number, name in options)
    return f"没听清是谁。{listed}，或者写全名。急事先打120！"


def somebody_asks() -> str:
    return "我请人马上来问您。急事先打120！"


def crisis(letter: Claimed) -> str:
    return (
        f"【保密】{letter.about_name}心里很难过，请马上去陪陪，别说破。"
        f"要去请回：我去 {letter.number}"
    )


def crisis_ask(letter: Claimed) -> str:
    return f"请马上去陪陪，回：我去 {letter.number}"


def follow_up(letter: Claimed) -> str:
    her = names.pronoun(letter.about_gender or "")
    return f"【保密】{letter.about_name}这两天好些吗？请再去坐坐，听{her}说说话。"


def unclear(letter: Claimed) -> str:
    return f"【急】{letter.actor_name}说有人出事，没说清是谁。请马上问问。"


def calls(name: str, gender: str, *, is_elder: bool) -> str:
    return names.elder(name, gender) if is_elder else name
