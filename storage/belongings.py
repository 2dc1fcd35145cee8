"""What is whose: in which rows somebody stands, as whose they are, and what becomes of each.

Every table that names people has its line here; a test sees to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_

from storage.absences import Absence
from storage.askings import Asking
from storage.attestations import Attestation
from storage.checkins import Expectation, Plan, SignOfLife
from storage.consents import Consent
from storage.credentials import Credential
from storage.database import Base
from storage.departures import Departure
from storage.deputies import Deputy
from storage.disputes import Statement
from storage.drills import Drill
from storage.duties import Duty
from storage.enrolments import Enrolment
from storage.family_turns import FamilyTurn
from storage.habits import Habit
from storage.hand_overs import HandOver
from storage.holds import Hold
from storage.hours import HourChange, Suggestion
from storage.inbox import Handled
from storage.incidents import Incident, Promise
from storage.ledger_confirmations import Confirmation
from storage.ledger_members import Member
from storage.letters import Letter
from storage.lists import ShownList
from storage.offers import Offer
from storage.pairings import Pairing, WrongTry
from storage.people import Identity, PersonRole, Tie
from storage.pictures import Picture
from storage.proxies import ProxyDay
from storage.questions import Question
from storage.relatives import Relative
from storage.requests import Request
from storage.sheets import ListEntry, SheetNumber
from storage.silences import SilentElder
from storage.subscriptions import Subscription
from storage.tidings import Tiding
from storage.ties import EndedTie, TieClaim
from storage.unheard import Unheard
from storage.visits import Visit
from storage.voices import Voice
from storage.volunteers import Exclusion, Volunteer
from storage.weekly import WeeklyCall
from storage.windows import ReplyWindow


@dataclass(frozen=True, slots=True)
class Belonging:
    """Rows of a table. `owners` are the columns whose person they are about and were said by;
    by `others` somebody only stands in them, and sees no word of theirs.
    """

    model: type[Base]
    owners: Sequence[str]
    others: Sequence[str] = ()

    def is_of(self, person: str) -> ColumnElement[bool]:
        return _names(self.model, self.owners, person)

    def mentions(self, person: str) -> ColumnElement[bool]:
        return _names(self.model, [*self.owners, *self.others], person)


def _names(model: type[Base], columns: Sequence[str], person: str) -> ColumnElement[bool]:
    return or_(*(model.__table__.c[name] == person for name in columns))


GOES: Sequence[Belonging] = (
    Belonging(PersonRole, ["person_id"]),
    Belonging(Tie, ["elder_id", "person_id"]),
    Belonging(Identity, ["person_id"]),
    Belonging(Plan, ["elder_id"]),
    Belonging(Habit, ["elder_id"]),
    Belonging(Suggestion, ["elder_id"]),
    Belonging(HourChange, ["elder_id"], ["said_by"]),
    Belonging(Hold, ["elder_id"], ["said_by"]),
    Belonging(Question, ["person_id"]),
    Belonging(Unheard, ["person_id"]),
    Belonging(Voice, ["person_id"]),
    Belonging(Handled, ["person_id"]),
    Belonging(ShownList, ["person_id"]),
    Belonging(ListEntry, ["person_id", "elder_id"]),
    Belonging(Pairing, ["person_id"], ["issued_by"]),
    Belonging(Volunteer, ["person_id"]),
    Belonging(Exclusion, ["elder_id", "volunteer_id"], ["said_by"]),
    Belonging(Credential, ["person_id"], ["noted_by"]),
    Belonging(Duty, ["person_id"], ["set_by"]),
    Belonging(Deputy, ["person_id", "deputy_id"]),
    Belonging(Absence, ["person_id"], ["stand_in_id"]),
    Belonging(HandOver, ["giver_id", "taker_id"]),
    Belonging(WeeklyCall, ["elder_id"], ["said_by"]),
    Belonging(Statement, ["person_id"]),
    Belonging(Confirmation, ["person_id"], ["to_person_id"]),
    Belonging(Enrolment, ["enroller_id"]),
    Belonging(Departure, ["person_id"], ["asked_by", "settled_by"]),
    Belonging(Picture, ["sent_by"]),
    Belonging(FamilyTurn, ["elder_id", "person_id"], ["said_by"]),
    Belonging(Relative, ["person_id"]),
    Belonging(Tiding, ["from_id", "to_id"]),
    Belonging(Consent, ["person_id"], ["said_by", "witness_id", "withdrawn_by"]),
    Belonging(Asking, ["person_id"]),
    Belonging(Attestation, ["person_id"]),
    Belonging(TieClaim, ["elder_id", "person_id"], ["decided_by"]),
    Belonging(EndedTie, ["elder_id", "person_id"], ["ended_by"]),
    Belonging(ProxyDay, ["person_id"]),
)
"""What goes with her when she is erased."""

STAYS: Sequence[Belonging] = (
    Belonging(Expectation, ["elder_id"]),
    Belonging(SignOfLife, ["elder_id"], ["actor_id"]),
    Belonging(Incident, ["elder_id"], ["closed_by"]),
    Belonging(Promise, ["person_id"]),
    Belonging(SilentElder, ["elder_id"], ["seen_by"]),
    Belonging(SheetNumber, ["elder_id"]),
    Belonging(Letter, ["recipient_id"], ["about_id", "actor_id"]),
    Belonging(Drill, ["elder_id"], ["asked_by"]),
    Belonging(
        Request,
        ["elder_id", "said_by"],
        ["vouched_by", "confirmed_by", "disputed_by", "verdict_by", "appealed_by"],
    ),
    Belonging(Visit, ["elder_id", "volunteer_id"], ["assigned_by"]),
    Belonging(Offer, ["volunteer_id"]),
    Belonging(Member, ["person_id"]),
)
"""What stays, as figures about nobody: her id leads nowhere any more. The books cut Member."""

BY_ADDRESS = (ReplyWindow, Subscription, WrongTry, TieClaim)
"""What is kept of an address, and goes with it."""
