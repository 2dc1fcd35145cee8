"""Marks at the head of what is said, so that nobody takes a drill for true."""

DRILL = "【演练】"
NOBODY = "这是练习，没有人出事。"
_IN_A_FIELD = "演练："


def practised(words: str) -> str:
    """Mark what is answered to somebody who takes part in a drill."""
    return f"{DRILL}{words}"


def field_of_a_drill(words: str) -> str:
    """Mark what stands in a field of a form, which holds twenty characters."""
    return f"{_IN_A_FIELD}{words}"
