"""Answers about hours, and moves them where the owner says so twice."""

import re
from datetime import timedelta

from handlers.feature import Feature, Paper
from handlers.message import Reply
from handlers.router import NOT_MINE, NotMine, Router, known, may, says
from handlers.timebank import words
from handlers.timebank.amounts import AMOUNT, minutes_in
from handlers.turn import Turn
from storage import ledger, ledger_confirmations, ledger_members, ledger_statements, letters
from storage.authority import Act
from storage.ledger import ClosedError, FrozenError, NotEnoughError, OverCeilingError
from storage.ledger_confirmations import Confirmation, Question
from storage.ledger_members import Namesake
from storage.ledger_moves import Book
from storage.letters import NewLetter, Urgency
from storage.people import name_of
from storage.policies import Policy, TimebankRules

router = Router("timebank")

GIFT_CAME = "gift_came"
STATEMENT = "hours_statement"
REMINDER = "hours_reminder"
FAULT = "ledger_fault"
WEEK = "ledger_week"

SHOWN = 3
"""Movements told in chat: what fits on one look."""

_NAME = r"(?P<name>[\u4e00-\u9fff·]{2,10}?)"
_GIVE = rf"(?:我想|我要)?(?:转|送)给?\s*{_NAME}\s*(?P<amount>{AMOUNT})"
_GIVE_BEHIND = rf"(?:我想|我要)?(?:转|送)\s*(?P<amount>{AMOUNT})给?\s*{_NAME}"
_GIVE_BETWEEN = rf"(?:我想|我要)?把\s*(?P<amount>{AMOUNT})\s*(?:转|送)给?\s*{_NAME}"
_GIVE_TO = rf"(?:我想|我要)?给\s*{_NAME}\s*转\s*(?P<amount>{AMOUNT})"
_DONATE = rf"(?:我想|我要)?捐(?:出|给大家)?\s*(?P<amount>{AMOUNT})(?:给大家)?"
_NUMBER = r"\s*(?P<number>\d{4})\s*号?"


def _rules(turn: Turn) -> TimebankRules:
    return turn.rules.timebank


def _policy(turn: Turn) -> Policy:
    return _rules(turn).preset


@router.when(
    known(
        says(
            r"(?:我的)?余额|时间币|(?:我的时间)?我?还?(?:存了|有|剩)多少(?:个?(?:小时|时间|钟头))?"
        )
    )
)
async def how_much_have_i(turn: Turn) -> Reply:
    return Reply(words.balance(turn.speaker, await _balance(turn)))


@router.when(may(Act.SEE_WHAT_IS_OWED, says(r"时间账|时间银行")))
async def what_is_owed(turn: Turn) -> Reply:
    village = turn.speaker.village_id
    found = await ledger_statements.owed_in(turn.session, {village})
    pool = await ledger.balance(turn.session, ledger.POOL)
    return Reply(words.owed(turn.speaker, found[village], pool))


@router.when(known(says(r"流水|明细|账单")))
async def what_came_and_went(turn: Turn) -> Reply:
    account = await ledger_members.find_account(turn.session, turn.speaker.id)
    found = await ledger_statements.lines(turn.session, account, SHOWN) if account else []
    return Reply(words.lines(turn.speaker, found))


@router.when(known(says(_GIVE)))
async def give(turn: Turn) -> Reply:
    return await _ask_to_give(turn, _GIVE)


@router.when(known(says(_GIVE_BEHIND)))
async def give_amount_first(turn: Turn) -> Reply:
    return await _ask_to_give(turn, _GIVE_BEHIND)


@router.when(known(says(_GIVE_BETWEEN)))
async def take_and_give(turn: Turn) -> Reply:
    return await _ask_to_give(turn, _GIVE_BETWEEN)


@router.when(known(says(_GIVE_TO)))
async def give_to(turn: Turn) -> Reply:
    return await _ask_to_give(turn, _GIVE_TO)


@router.when(known(says(rf"转给?|转时间|转给?\s*{AMOUNT}|转给\s*[\u4e00-\u9fff·]{{2,3}}")))
async def how_to_give(turn: Turn) -> Reply:
    """Half a wish: the name is missing, or the hours."""
    return Reply(words.how_to_give(turn.speaker))


@router.when(known(says(r"(?:我想|我要)?捐(?:时间|给大家)?")))
async def how_to_donate(turn: Turn) -> Reply:
    return Reply(words.how_to_donate(turn.speaker))


async def _ask_to_give(turn: Turn, pattern: str) -> Reply:
    said = re.fullmatch(pattern, turn.words)
    name, amount = (said["name"], said["amount"]) if said else ("", "")
    if not minutes_in(amount):
        return Reply(words.how_to_give(turn.speaker))
    policy = _policy(turn)
    if policy.gifts == "none":
        return Reply(words.no_gifts(turn.speaker))
    found = await ledger_members.namesakes(turn.session, turn.speaker, name, policy.gifts)
    if not found:
        to_relatives = policy.gifts == "relatives"
        unknown = words.not_a_relative if to_relatives else words.nobody_of_that_name
        return Reply(unknown(turn.speaker, name))
    return await _ask_which(turn, found, minutes_in(amount))


async def _ask_which(turn: Turn, found: list[Namesake], minutes: int) -> Reply:
    refusal = await _too_much(turn, minutes)
    if refusal is not None:
        return refusal
    numbers = await _ask(
        turn, [Question(kind="gift", minutes=minutes, to_person_id=one.id) for one in found]
    )
    if len(found) == 1:
        return Reply(words.shall_i_give(turn.speaker, minutes, found[0].name, numbers[0]))
    choices = [(one.name, one.group, number) for one, number in zip(found, numbers, strict=True)]
    return Reply(words.give_to_whom(turn.speaker, choices))


@router.when(known(says(_DONATE)))
async def donate(turn: Turn) -> Reply:
    said = re.fullmatch(_DONATE, turn.words)
    minutes = minutes_in(said["amount"]) if said else 0
    if not minutes:
        return Reply(words.how_to_donate(turn.speaker))
    refusal = await _too_much(turn, minutes)
    if refusal is not None:
        return refusal
    numbers = await _ask(turn, [Question(kind="donate", minutes=minutes)])
    return Reply(words.shall_i_donate(turn.speaker, minutes, numbers[0]))


async def _too_much(turn: Turn, minutes: int) -> Reply | None:
    """Say no at once where a yes could not be kept."""
    has = await _balance(turn)
    return None if minutes <= has else Reply(words.not_enough(turn.speaker, has))


async def _balance(turn: Turn) -> int:
    account = await ledger_members.find_account(turn.session, turn.speaker.id)
    return await ledger.balance(turn.session, account) if account else 0


async def _ask(turn: Turn, questions: list[Question]) -> list[str]:
    return await ledger_confirmations.ask(
        turn.session,
        turn.cause,
        turn.speaker.id,
        questions,
        turn.now + timedelta(minutes=_rules(turn).confirm_minutes),
    )


@router.when(known(says(rf"确认{_NUMBER}")))
async def yes(turn: Turn) -> Reply:
    question = await _question(turn, "确认")
    if question is None:
        return Reply(words.no_such_question(turn.speaker))
    if question.done_at is not None:
        return Reply(words.done_before(turn.speaker))
    if question.expires_at <= turn.now:
        return Reply(words.too_late(turn.speaker))
    return await _move(turn, question)


@router.when(known(says("确认|取消")))
async def which_one(turn: Turn) -> Reply | NotMine:
    """The word without its number: say again how it goes, where something waits for it."""
    waiting = await ledger_confirmations.waiting(turn.session, turn.speaker.id, turn.now)
    return Reply(words.with_its_number(turn.speaker, turn.words, waiting)) if waiting else NOT_MINE


@router.when(known(says(rf"取消{_NUMBER}")))
async def no(turn: Turn) -> Reply:
    question = await _question(turn, "取消")
    if question is None:
        return Reply(words.no_such_question(turn.speaker))
    if question.done_at is not None:
        return Reply(words.done_before(turn.speaker))
    await ledger_confirmations.close(turn.session, question, turn.now)
    return Reply(words.dropped(turn.speaker))


async def _question(turn: Turn, verb: str) -> Confirmation | None:
    said = re.fullmatch(verb + _NUMBER, turn.words)
    number = said["number"] if said else ""
    return await ledger_confirmations.find(turn.session, turn.speaker.id, number)


async def _move(turn: Turn, question: Confirmation) -> Reply:
    """Do what was asked about. A refusal leaves the question open and everything as it was."""
    to = await name_of(turn.session, question.to_person_id) if question.to_person_id else ""
    if question.to_person_id and not await _may_give(turn, question.to_person_id):
        return Reply(words.not_a_relative(turn.speaker, to))
    try:
        await _give_or_donate(turn, question)
    except NotEnoughError as error:
        return Reply(words.not_enough(turn.speaker, error.has))
    except (OverCeilingError, ClosedError):
        return Reply(words.no_room(turn.speaker, to))
    except FrozenError:
        return Reply(words.at_rest(turn.speaker))
    await ledger_confirmations.close(turn.session, question, turn.now)
    left = await _balance(turn)
    if question.to_person_id is None:
        return Reply(words.donated(turn.speaker, left))
    await _tell(turn, question)
    return Reply(words.given(turn.speaker, to, left))


async def _may_give(turn: Turn, to: str) -> bool:
    """Ask once more: between the question and the yes a tie may have been cut."""
    gifts = _policy(turn).gifts
    if gifts == "relatives":
        return await ledger_members.is_relative(turn.session, turn.speaker.id, to)
    return gifts == "anyone"


async def _give_or_donate(turn: Turn, question: Confirmation) -> None:
    policy = _policy(turn)
    book = Book(turn.session, turn.now, policy)
    giver = await ledger_members.account_of(turn.session, turn.speaker.id, policy)
    cause = str(question.id)
    if question.to_person_id is None:
        await book.donate(cause, giver, question.minutes)
        return
    to = await ledger_members.account_of(turn.session, question.to_person_id, policy)
    await book.gift(cause, giver, to, question.minutes)


async def _tell(turn: Turn, question: Confirmation) -> None:
    await letters.write(
        turn.session,
        [
            NewLetter(
                key=f"{GIFT_CAME}:{question.id}",
                kind=GIFT_CAME,
                urgency=Urgency.NOTICE,
                recipient_id=question.to_person_id or "",
                actor_id=turn.speaker.id,
                detail={"minutes": question.minutes},
            )
        ],
        turn.now,
    )


@router.when(known(says(r"(?:开|打)?(?:服务|志愿服务|志愿)?证明")))
async def my_certificate(turn: Turn) -> Reply:
    account = await ledger_members.find_account(turn.session, turn.speaker.id)
    proof = (
        await ledger_statements.issue_certificate(turn.session, account, turn.now)
        if account
        else None
    )
    if proof is None:
        return Reply(words.no_service_yet(turn.speaker))
    return Reply(words.certificate(turn.speaker, proof.service_minutes, proof.number, proof.code))


FEATURE = Feature(
    router,
    {
        GIFT_CAME: Paper(words.gift_came),
        STATEMENT: Paper(words.statement),
        REMINDER: Paper(words.reminder),
        WEEK: Paper(words.week, form="digest", ask=words.week_ask),
        FAULT: Paper(words.fault, form="digest", ask=words.fault_ask),
    },
)
