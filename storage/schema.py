"""All tables together, for migrations and for a new database."""

from storage.absences import Absence
from storage.askings import Asking
from storage.attestations import Attestation
from storage.audit import AuditHead, AuditRow
from storage.beats import Beat
from storage.checkins import Expectation, Plan, SignOfLife
from storage.consents import Consent
from storage.credentials import Credential
from storage.database import Base
from storage.departures import Departure
from storage.deputies import Deputy
from storage.digests import Digest
from storage.disputes import Statement
from storage.downtimes import Downtime
from storage.drills import Drill
from storage.duties import Duty
from storage.enrolments import Enrolment
from storage.erasing import Erasure
from storage.family_turns import FamilyTurn
from storage.habits import Habit
from storage.hand_overs import HandOver
from storage.holds import Hold
from storage.hours import HourChange, Suggestion
from storage.inbox import Handled
from storage.incidents import Incident, IncidentStep, Promise
from storage.keys_in_use import SealingKey
from storage.ledger import Account, Head, Transfer
from storage.ledger_audit import Seal
from storage.ledger_confirmations import Confirmation
from storage.ledger_members import Member
from storage.ledger_statements import Certificate
from storage.letters import EarlyReport, Letter, Refusal
from storage.lists import ShownList
from storage.offers import Offer
from storage.pairings import GuessedHour, Pairing, WrongTry
from storage.people import Identity, Person, PersonRole, Tie
from storage.pictures import Picture
from storage.privacy_wishes import PrivacyWish
from storage.proxies import ProxyDay
from storage.purging import Purge
from storage.questions import Question
from storage.relatives import Relative
from storage.requests import CallCounter, Request
from storage.sheets import ListEntry, SheetNumber
from storage.silences import SilentElder
from storage.subscriptions import Subscription
from storage.tidings import Tiding
from storage.ties import EndedTie, TieClaim
from storage.unheard import Unheard
from storage.villages import Group, Village
from storage.visits import Visit
from storage.voices import Voice
from storage.volunteers import Exclusion, NextVillage, Volunteer
from storage.weekly import WeeklyCall
from storage.windows import ReplyWindow

TABLES = (
    Village,
    Group,
    Person,
    PersonRole,
    Tie,
    Identity,
    Plan,
    Expectation,
    SignOfLife,
    Hold,
    Downtime,
    Incident,
    IncidentStep,
    Promise,
    SilentElder,
    SheetNumber,
    ListEntry,
    Letter,
    Refusal,
    EarlyReport,
    Handled,
    ReplyWindow,
    Subscription,
    Beat,
    Pairing,
    WrongTry,
    GuessedHour,
    Enrolment,
    Departure,
    Question,
    Unheard,
    Voice,
    Account,
    Transfer,
    Head,
    Seal,
    Member,
    Confirmation,
    Certificate,
    Duty,
    Absence,
    Deputy,
    HandOver,
    Digest,
    Habit,
    Suggestion,
    HourChange,
    ShownList,
    Drill,
    Request,
    CallCounter,
    WeeklyCall,
    Volunteer,
    Exclusion,
    NextVillage,
    Credential,
    Offer,
    Visit,
    Picture,
    Statement,
    AuditRow,
    AuditHead,
    FamilyTurn,
    Relative,
    Tiding,
    Consent,
    Asking,
    Attestation,
    TieClaim,
    EndedTie,
    ProxyDay,
    SealingKey,
    Purge,
    Erasure,
    PrivacyWish,
)

metadata = Base.metadata
