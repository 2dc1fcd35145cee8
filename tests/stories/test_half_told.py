"""When we die between sending and noting it down, somebody may know what we do not."""

from sqlalchemy import update

from storage.incidents import ALARM
from storage.letters import Letter, LetterState
from tests.village import Village


async def die_over_the_letter_to(village: Village, person: str) -> None:
    """Leave a letter as one that was sent by a process that died before it could note it."""
    async with village.database.writing() as session:
        await session.execute(
            update(Letter)
            .where(Letter.kind == ALARM, Letter.recipient_id == person)
            .values(
                state=LetterState.SENDING,
                lease_until=village.clock.now(),
                sent_at=None,
            )
        )


async def test_whoever_may_have_been_called_hears_how_it_ended(village: Village) -> None:
    """Liu was called, and nobody noted it; called again she is not there for a while."""
    await village.all_well_but("wang")
    await village.until("09:31")
    assert any("王秀英" in words for words in village.heard("liushen"))
    await die_over_the_letter_to(village, "liushen")
    if village.channel == "wechat":
        village.platform.refuse("message/custom/send", -1, None)
        village.platform.refuse("message/template/send", -1, None)
    await village.until("09:33")
    (incident,) = await village.incidents("wang")
    village.platform.heal()
    await village.says("dashan", f"平安 {incident.number}")
    await village.until("09:40")
    last = village.heard("liushen")[-1]
    assert last == "王秀英平安。李大山看过了。" or last.startswith("平安通知")
