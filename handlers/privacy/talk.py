"""Somebody wants to see what is kept of her, or to have it gone: asked once more, then done.

A person brings the paper. Whoever is watched over, and whoever serves the village, is erased
only when a coordinator has spoken with her and agreed: until then everything goes on.
"""

from collections.abc import Sequence

from handlers.feature import Feature, Paper
from handlers.message import Reply
from handlers.privacy import words
from handlers.router import Router, known, says
from handlers.turn import Turn
from storage import contacts, erasing, letters, people, privacy_wishes, questions
from storage.hours import plan_of
from storage.people import Role
from storage.privacy_wishes import WishKind

router = Router("privacy")

WISH = "privacy_wish"
EXPORT_SURE, ERASE_SURE = "export_sure", "erase_sure"

_MINE = r"我的(?:全部|所有)?(?:资料|信息|记录)"
_AGREE = r"同意删除\s*(?P<name>\S{2,12})"
_SERVING = frozenset({Role.LEADER, Role.COORDINATOR, Role.DOCTOR, Role.SUPERVISOR})
_AGREEING = frozenset({Role.COORDINATOR, Role.SUPERVISOR})


@router.when(known(says(rf"(?:我?想?要?(?:导出|看|查|拿)(?:一下|一份)?)?{_MINE}")))
async def show_me(turn: Turn) -> Reply:
    await questions.ask(turn.session, turn.speaker.id, EXPORT_SURE, turn.now)
    return Reply(words.export_sure(turn.speaker))


@router.when(known(says(words.EXPORT_YES)))
async def yes_show_me(turn: Turn) -> Reply:
    if not turn.is_asked(EXPORT_SURE):
        return Reply(words.NOT_ASKED)
    return Reply(words.export_noted(turn.speaker, await _hand_on(turn, WishKind.EXPORT)))


@router.when(known(says(rf"(?:请|我?想?要?)?(?:删除|删掉|删了|删|注销|清除){_MINE}")))
async def forget_me(turn: Turn) -> Reply:
    await questions.ask(turn.session, turn.speaker.id, ERASE_SURE, turn.now)
    return Reply(words.erase_sure(turn.speaker, is_watched=await _is_watched(turn)))


@router.when(known(says(words.ERASE_YES)))
async def yes_forget_me(turn: Turn) -> Reply:
    """Erase in the next round: it takes longer than a message may."""
    if not turn.is_asked(ERASE_SURE):
        return Reply(words.NOT_ASKED)
    me = turn.speaker
    if _SERVING & me.roles or await _is_watched(turn):
        return Reply(words.erase_noted(me, await _hand_on(turn, WishKind.ERASE)))
    await questions.answered(turn.session, me.id)
    await privacy_wishes.wish(turn.session, me.id, WishKind.ERASE, turn.now)
    await privacy_wishes.agree(turn.session, me.id, WishKind.ERASE, me.id, turn.now)
    is_open = await erasing.open_matter(turn.session, me.id) is not None
    return Reply(words.gone_later(me) if is_open else words.GONE_SOON)


async def _is_watched(turn: Turn) -> bool:
    return await plan_of(turn.session, turn.speaker.id) is not None


async def _hand_on(turn: Turn, kind: WishKind) -> Sequence[str]:
    """Keep the wish and tell who can see to it; returns their names."""
    me = turn.speaker.id
    await questions.answered(turn.session, me)
    number = await privacy_wishes.wish(turn.session, me, kind, turn.now)
    circles = (await contacts.around(turn.session, {me}, turn.now))[me].without({me})
    hears = circles.nearest(["coordinators", "supervisors"])
    await letters.tell_each(
        turn.session, hears, WISH, number, turn.now, about_id=me, detail={"wish": kind}
    )
    known_as = await people.names_of(turn.session, hears)
    return [known_as[one] for one in hears]


@router.when(known(says(_AGREE, lambda turn: bool(_AGREEING & turn.speaker.roles))))
async def agree(turn: Turn) -> Reply:
    name = turn.named(_AGREE)
    me = turn.speaker
    person = await privacy_wishes.wants_to_be_erased(turn.session, me, name)
    if person is None:
        return Reply(words.nobody_asked(name))
    await privacy_wishes.agree(turn.session, person, WishKind.ERASE, me.id, turn.now)
    is_open = await erasing.open_matter(turn.session, person) is not None
    return Reply(words.agreed(name, is_open=is_open))


FEATURE = Feature(
    router,
    {
        WISH: Paper(words.wish_told, form="confirmation", ask="有人问自己的资料，请看看"),
        erasing.ERASED: Paper(words.erased),
        erasing.WATCH_ENDED: Paper(
            words.watch_ended, form="confirmation", ask="一位老人不用守望了"
        ),
        erasing.ONE_FEWER: Paper(words.one_fewer, form="confirmation", ask="身边少了一位亲友"),
    },
)
