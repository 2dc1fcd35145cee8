"""What is said to whoever wants fewer messages, or wants them back."""

from handlers.names import called
from storage.people import Caller


def left_in_peace(caller: Caller) -> str:
    return f"{called(caller)}，好，少打扰您，急事还会找您。想恢复请回：恢复提醒"


def reminded_again(caller: Caller) -> str:
    return f"{called(caller)}，好，以后照常提醒您。"
