"""Every feature of the house in one line, in order of precedence."""

from collections.abc import Mapping, Sequence

from handlers.calls import talk as calls
from handlers.checkin import talk as checkin
from handlers.consent import talk as consent
from handlers.departures import talk as departures
from handlers.digest import talk as digest
from handlers.distress import talk as distress
from handlers.drill import talk as drill
from handlers.enrolment import talk as enrolment
from handlers.family import talk as family
from handlers.feature import Feature, Paper
from handlers.habits import talk as habits
from handlers.help import talk as help_
from handlers.holds import talk as holds
from handlers.learning import talk as learning
from handlers.lists import talk as lists
from handlers.pairing import talk as pairing
from handlers.post import talk as post
from handlers.privacy import talk as privacy
from handlers.proxy import talk as proxy
from handlers.quiet import talk as quiet
from handlers.rota import talk as rota
from handlers.router import Router
from handlers.standing_in import talk as standing_in
from handlers.stranger import talk as stranger
from handlers.ties import talk as ties
from handlers.timebank import talk as timebank
from handlers.voice import talk as voice
from handlers.watch import talk as watch

FEATURES: Sequence[Feature] = (
    post.FEATURE,
    pairing.FEATURE,
    ties.CLAIMING,
    stranger.FEATURE,
    drill.FEATURE,
    quiet.FEATURE,
    enrolment.FEATURE,
    departures.FEATURE,
    consent.FEATURE,
    ties.FEATURE,
    privacy.FEATURE,
    proxy.FEATURE,
    calls.FEATURE,
    watch.FEATURE,
    learning.FEATURE,
    distress.FEATURE,
    family.FEATURE,
    habits.FEATURE,
    lists.FEATURE,
    holds.FEATURE,
    rota.FEATURE,
    standing_in.FEATURE,
    digest.FEATURE,
    help_.FEATURE,
    timebank.FEATURE,
    calls.ASKING,
    family.ANSWERS,
    enrolment.NAMING,
    departures.MILD,
    checkin.FEATURE,
    voice.FEATURE,
    help_.LAST_RESORT,
)

ROUTERS: Sequence[Router] = tuple(feature.router for feature in FEATURES)
PAPERS: Mapping[str, Paper] = {
    kind: paper for feature in FEATURES for kind, paper in feature.papers.items()
}
