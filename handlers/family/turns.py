"""这周我值班, 轮到 小梅: who of a family is called first."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from handlers.family import seen, words
from handlers.family.routes import router
from handlers.message import Reply
from handlers.router import NOT_MINE, Answer, known, says
from handlers.turn import Turn
from storage import family_turns, letters, people
from storage.letters import NewLetter, Urgency
from storage.people import Role
from storage.relatives import Kin

TURN_SAID = "turn_said"
TURNS_ENDED = "turns_ended"

_WEEK = r"(?P<week>这|本|下)?个?(?:周|星期|礼拜)?"
_MINE = r"(?P<week>这|本|下)个?(?:周|星期|礼拜)(?:轮到)?我(?:来)?(?:值班|管)?|轮到我了?"
_HERS = rf"{_WEEK}轮到\s*(?P<name>[\u4e00-\u9fff]{{2,4}}?)(?:值班)?了?"
_NO_TURNS = r"(?:不用|不|别)轮(?:班|流|值)?了?|大家一起值班"
_WHOSE = r"(?:家里)?(?:这周|现在)?(?:谁|轮到谁)值班|轮到谁了?|家里值班"
_SERVING = frozenset({Role.LEADER, Role.COORDINATOR, Role.SUPERVISOR})

Families = Mapping[str, list[str]]


def _means_the_family(turn: Turn) -> bool:
    """Tell whether he does not ask who is on duty in the village."""
    serves = bool(turn.speaker.roles & _SERVING)
    return not (serves and re.fullmatch(r"(?:现在)?谁值班", turn.words))


@router.when(known(says(_WHOSE, _means_the_family)))
async def whose_turn_is_it(turn: Turn) -> Answer:
    mine = await seen.elders(turn)
    if not mine:
        return NOT_MINE
    ids = [one.id for one in mine]
    now = await family_turns.on_duty(turn.session, ids, turn.now)
    then = await family_turns.on_duty(turn.session, ids, turn.now, weeks_ahead=1)
    named = await people.names_of(turn.session, {*now.values(), *then.values()})
    families = await family_turns.families(turn.session, ids)
    said = [
        words.whose_turn(one.name, _name(named, now, one), _name(named, then, one))
        if len(families[one.id]) > 1
        else words.only_child(one.name)
        for one in mine
    ]
    return Reply(words.each_turn(said))


def _name(named: Mapping[str, str], turns: Mapping[str, str], elder: Kin) -> str:
    return named.get(turns.get(elder.id, ""), "")


@router.when(known(says(_NO_TURNS)))
async def we_take_no_turns(turn: Turn) -> Answer:
    mine = await seen.elders(turn)
    if not mine:
        return NOT_MINE
    families = await family_turns.families(turn.session, [one.id for one in mine])
    await _say(turn, mine, None, families, is_next=False)
    return Reply(words.no_turns())


@router.when(known(says(_MINE)))
async def it_is_my_week(turn: Turn) -> Answer:
    return await _turn_of(turn, turn.speaker.id, _MINE)


@router.when(known(says(_HERS)))
async def it_is_her_week(turn: Turn) -> Answer:
    mine = await seen.elders(turn)
    families = await family_turns.families(turn.session, [one.id for one in mine])
    everybody = {one for of_it in families.values() for one in of_it}
    named = await people.names_of(turn.session, everybody)
    said = turn.named(_HERS)
    meant = [one for one, name in named.items() if said == name or name.endswith(said)]
    if not mine:
        return NOT_MINE
    if len(meant) != 1:
        return Reply(words.which_child(list(named.values())))
    return await _turn_of(turn, meant[0], _HERS)


async def _turn_of(turn: Turn, person: str, pattern: str) -> Answer:
    """Let it be the turn of one of the family, for those of his elders whose family it is."""
    found = re.fullmatch(pattern, turn.words)
    is_next = found is not None and found["week"] == "下"
    mine = await seen.elders(turn)
    families = await family_turns.families(turn.session, [one.id for one in mine])
    shared = [one for one in mine if person in families[one.id] and len(families[one.id]) > 1]
    if not shared:
        return Reply(words.only_child(mine[0].name)) if mine else NOT_MINE
    await _say(turn, shared, person, families, is_next=is_next)
    return Reply(await _answer(turn, person, families[shared[0].id], is_next=is_next))


async def _answer(turn: Turn, person: str, family: Sequence[str], *, is_next: bool) -> str:
    named = await people.names_of(turn.session, family)
    following = named[family[(family.index(person) + 1) % len(family)]]
    if person == turn.speaker.id:
        others = [named[one] for one in family if one != person]
        return words.your_week(others, following, is_next=is_next)
    return words.her_week(named[person], following, is_next=is_next)


async def _say(
    turn: Turn, elders: Collection[Kin], person: str | None, families: Families, *, is_next: bool
) -> None:
    """Keep it, and tell the others of each family."""
    me, monday = turn.speaker.id, family_turns.monday_of(turn.now)
    monday += timedelta(weeks=1 if is_next else 0)
    ids = [one.id for one in elders]
    await family_turns.say(turn.session, ids, monday, person, me, turn.now)
    name = await people.name_of(turn.session, person) if person else ""
    kind = TURN_SAID if person else TURNS_ENDED
    detail = {"person": person, "name": name, "next": is_next}
    await letters.write(
        turn.session,
        [
            NewLetter(
                key=f"{kind}:{turn.cause}:{elder}:{other}",
                kind=kind,
                urgency=Urgency.NOTICE,
                recipient_id=other,
                about_id=elder,
                actor_id=me,
                detail=detail,
            )
            for elder in ids
            for other in families[elder]
            if other != me
        ],
        turn.now,
    )
