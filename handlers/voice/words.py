"""The answer to a voice is the one that the same words in writing would have got."""

from storage.letters import Claimed


def answer(letter: Claimed) -> str:
    return str((letter.detail or {})["words"])
