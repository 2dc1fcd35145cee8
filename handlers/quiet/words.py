"""What is said to whoever wants fewer messages, or wants them back."""

from handlers import names
from storage.people import Caller, Role


def left_in_peace(caller: Caller) -> str:
    return f"{_called(caller)}，好，少打扰您，急事还会找您。想恢复请回：恢复提醒"


def reminded_again(caller: Caller) -> str:
    return f"{_called(caller)}，好，以后照常提醒您。"


def _called(caller: Caller) -> str:
    is_elder = caller.is_a(Role.ELDER)
    return names.elder(caller.name, caller.gender) if is_elder else caller.name
