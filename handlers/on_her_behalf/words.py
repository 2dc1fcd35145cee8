"""What is said to whoever does too much for somebody else."""

from storage.people import Person


def not_by_you(elder: Person) -> str:
    return f"{elder.name}的这件事，要请家里人或组长来说。"


def too_much(elder: Person, limit: int, asked: str) -> str:
    return f"今天您代办满{limit}次了。{elder.name}的这件，请{asked or '村里人'}来办。"


def called_enough(most: int) -> str:
    return f"今天替老人叫了{most}回人，再要人请找组长。"


def excused_enough(most: int) -> str:
    return f"今天替老人请了{most}回假，再要请假请找组长。"
