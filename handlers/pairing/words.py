"""What is said when a phone becomes somebody's."""

from handlers import names
from storage.letters import Claimed
from storage.people import Person


def welcome(person: Person, *, is_elder: bool) -> str:
    if is_elder:
        called = names.elder(person.name, person.gender)
        return f"{called}，您好。这个号帮您报平安，不是120。急事打120。每天早上平安就回个1。"
    return f"{person.name}，您好，登记好了。回“帮助”看看能做什么。"


def welcome_back(name: str) -> str:
    return f"{name}，欢迎回来。回“帮助”看看能做什么。"


def wrong_code(left: int) -> str:
    if left == 0:
        return "试得太多了，明天再试。急用请找组长。"
    return f"这个数字不对，还能试{left}次。请看看纸条，或找组长。"


def used_up() -> str:
    return "试得太多了，明天再试。急用请找组长。"


def codes_wait() -> str:
    return "现在不能用数字登记。请找组长当面扫码，或者过一小时再发。"


def is_somebodys(name: str) -> str:
    return f"这个手机登记的是{name}，一个手机只登记一位。家里另一位不用手机也行，请组长代报。"


def spent_ticket() -> str:
    return "这个码用过了或过期了。请找组长要一个新的。"


def code_for(name: str, code: str, hours: int, picture: str) -> str:
    scan = f"或当面让本人扫这里的码：{picture}" if picture else ""
    return (
        f"{name}的配对数字：{code[:3]} {code[3:]}。"
        f"请当面交给本人，{hours}小时内发到这个号里，只能用一次。{scan}"
    )


def nobody_of_that_name(name: str) -> str:
    return f"没找到您这里的“{name}”。请写全名，比如：配对 王秀英"


def the_old_one_ends() -> str:
    return "用上以后，旧手机就停了。"


def is_cut_off(name: str) -> str:
    return f"记下了：{name}的手机停了。换上新的请回：换手机 {name}"


def new_phone(letter: Claimed) -> str:
    name = letter.about_name
    news = f"{name}换了新手机，旧的停了" if _is_another(letter) else f"{name}的手机登记好了"
    stop = f"回：停手机 {name}" if (letter.detail or {}).get("may_stop") else "告诉组长"
    return f"{news}。不是本人的手机，请马上{stop}"


def new_phone_ask(letter: Claimed) -> str:
    return "换了新手机，是本人吗" if _is_another(letter) else "手机登记好了，是本人吗"


def _is_another(letter: Claimed) -> bool:
    return bool((letter.detail or {}).get("another"))


def somebody_guesses(_letter: Claimed) -> str:
    return "有人在乱猜配对数字，这一小时数字先停用。要登记的，请当面扫码。"
