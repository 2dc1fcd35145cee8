"""Holds a drill at the word of a coordinator or supervisor, once he has said yes."""

import re
from collections.abc import Sequence

from handlers import marks
from handlers.drill import words
from handlers.drill.before import called, hindrance
from handlers.feature import Feature, Paper
from handlers.message import Reply
from handlers.router import Router, may, says
from handlers.turn import Turn
from storage import drill_reports, drills, ladder, people, questions
from storage.authority import Act
from storage.drills import Drilled, NewDrill
from storage.incidents import IncidentKind
from storage.people import Role

router = Router("drill")

SHALL_WE = "drill"
REPORT = "drill_report"

_HAN = r"[\u4e00-\u9fff]"
_ABOUT = (
    rf"演练\s*(?:(?P<village>{_HAN}{{2,12}})\s+)?"
    rf"(?P<name>(?!出事|结束|报告|停){_HAN}{{2,4}}?)\s*(?P<harmed>出事)?"
)
_STOP = r"演练结束|结束演练|演练停|停止?演练"


@router.when(may(Act.DRILL, says(r"演练")))
async def how_do_i(_turn: Turn) -> Reply:
    return Reply(words.HOW)


@router.when(may(Act.DRILL, says(_STOP)))
async def stop(turn: Turn) -> Reply:
    drill = await drills.may_be_stopped_by(turn.session, turn.speaker)
    if drill is None or not await ladder.call_off(turn.session, drill, turn.speaker.id, turn.now):
        return Reply(words.nothing_to_stop())
    elder = await people.name_of(turn.session, drill.elder_id)
    return Reply(marks.practised(words.stopped(elder)))


@router.when(may(Act.DRILL, says("演练报告")))
async def what_has_it_shown(turn: Turn) -> Reply:
    everywhere = turn.speaker.is_a(Role.SUPERVISOR)
    village = None if everywhere else turn.speaker.village_id
    drill = await drill_reports.latest(turn.session, village=village)
    if drill is None:
        return Reply(words.never_held())
    shown = await drill_reports.report(turn.session, drill, turn.rules.drill)
    return Reply(marks.practised(words.report(shown)))


@router.when(may(Act.DRILL, says("开始演练")))
async def yes(turn: Turn) -> Reply:
    """Put the drill in line; the next round begins it, as a silence begins an incident."""
    if not turn.is_asked(SHALL_WE):
        return Reply(words.NOT_ASKED)
    about = turn.asked_about
    await questions.answered(turn.session, turn.speaker.id)
    drill = NewDrill(
        cause=f"{IncidentKind.DRILL}:{turn.cause}",
        village_id=about["village"],
        elder_id=about["elder"],
        kind=about["kind"],
        pace=turn.rules.drill.pace,
        asked_by=turn.speaker.id,
    )
    if why_not := await _hindrance(turn, drill.elder_id, drill.village_id):
        return Reply(why_not)
    await drills.ask(turn.session, drill, turn.now)
    elder = await people.name_of(turn.session, drill.elder_id)
    return Reply(marks.practised(words.begins(elder)))


@router.when(may(Act.DRILL, says(_ABOUT)))
async def shall_we(turn: Turn) -> Reply:
    """Ask for a yes, and say how many people it will call."""
    said = re.fullmatch(_ABOUT, turn.words)
    name, village = (said["name"], said["village"] or "") if said else ("", "")
    found = await drills.elders_named(turn.session, turn.speaker, name, village)
    if len(found) != 1:
        return Reply(_who(name, found))
    elder = found[0]
    kind = IncidentKind.EMERGENCY if said and said["harmed"] else IncidentKind.MISSED
    if why_not := await _hindrance(turn, elder.id, elder.village_id):
        return Reply(why_not)
    about = {"elder": elder.id, "village": elder.village_id, "kind": kind}
    await questions.ask(turn.session, turn.speaker.id, SHALL_WE, turn.now, about=about)
    people_called = len(await called(turn.session, elder.id, turn.now, turn.rules.ladder))
    return Reply(
        words.shall_we(
            elder.name, kind, people_called, by_night=turn.rules.letters.is_quiet(turn.now)
        )
    )


def _who(name: str, found: Sequence[Drilled]) -> str:
    villages = list(dict.fromkeys(one.village for one in found))
    if not found:
        return words.nobody_of_that_name(name)
    return words.which_village(name, villages) if villages[1:] else words.two_of_that_name(name)


async def _hindrance(turn: Turn, elder: str, village: int) -> str:
    return await hindrance(turn.session, elder, village, turn.now, turn.rules.ladder)


FEATURE = Feature(router, {REPORT: Paper(words.report_letter, form="digest", ask=words.report_ask)})
