"""Of whom a hold is said: 我妈去我家住3天, 王秀英住院了; an elder who says 我, of herself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from handlers import who
from handlers.message import Kind
from handlers.turn import Turn
from handlers.who import Candidate
from storage import authority
from storage.authority import Act

_WHEN = (
    r"今天|明天|大?后天|昨天|刚刚?|已经|现在|这几天|早上|上午|下午|晚上|下?星期.|要|想|准备|打算|就"
)
_LEAVES = r"去|到|上|来|在|回|被|住院|住了院|住上院|住进|请假|出门|出远门|外出|走亲戚|不在家"
_SAID = re.compile(rf"(?P<who>[^，。]{{0,8}}?)，?(?P<rest>(?:(?:{_WHEN})，?)*(?:{_LEAVES}).*)")
_HERSELF = re.compile(r"(?:我|俺|咱)?们?(?:自己|也|又|都)?")
_THEIR_OWN = re.compile(
    r"(?:我|俺|咱)?(?:们)?家?的?(?:大|二|小)?"
    r"(?:老伴|老头子?|老婆子?|老公|儿子|媳妇|闺女|女儿|女婿|孙子|孙女|外孙|亲戚|邻居"
    r"|[爷奶]?[爷奶]|[爸妈爹娘])"
)
_NOT_SO = re.compile(
    r"没有?(?:去|来|住)|别|不(?:去|来|住|用)|吗|是不是|要不要|如果|要是|万一|去年|前年|以前|那年|上次"
)


@dataclass(frozen=True, slots=True)
class Meant:
    """Who may be meant, and what is said of her, as the rules of hearing spell it."""

    elders: Sequence[Candidate]
    said: str


def may_be_of_another(turn: Turn) -> bool:
    """Tell whether the words begin with somebody else. What a machine wrote down is not enough."""
    if turn.message.kind is not Kind.TEXT or _NOT_SO.search(turn.spelt):
        return False
    said = _SAID.fullmatch(turn.spelt)
    return said is not None and not _HERSELF.fullmatch(said["who"])


async def meant(turn: Turn) -> Meant:
    """Return those who fit best, of the elders for whom the speaker may speak."""
    in_care = await authority.others(turn.session, turn.speaker, Act.SPEAK_FOR)
    named = next((one.name for one in in_care if turn.spelt.startswith(one.name)), "")
    said = _SAID.fullmatch(turn.spelt)
    about, rest = (said["who"], said["rest"]) if said else ("", turn.spelt)
    if named:
        about, rest = named, turn.spelt.removeprefix(named)
    return Meant(who.find(about, in_care), rest)


async def is_of_another(turn: Turn) -> bool:
    """Tell whether an elder speaks of somebody else, whether or not she may speak for him."""
    said = _SAID.fullmatch(turn.spelt)
    about = said["who"] if said else ""
    if _HERSELF.fullmatch(about):
        return False
    if _THEIR_OWN.fullmatch(about):
        return True
    around = await authority.others(turn.session, turn.speaker, Act.SPEAK_OF)
    return bool(who.find(about, around))
