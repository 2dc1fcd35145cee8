"""What an operator asks of the process: does it live, is it ready, and its figures."""

import asyncio
from collections.abc import Collection
from datetime import datetime

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from handlers.desk import Desk
from schedules.bell import Bell
from schedules.clock import Clock
from schedules.delivery import Delivery
from storage import downtimes, letters
from storage.database import Database
from storage.downtimes import Outage
from storage.incidents import Incident, IncidentKind
from storage.letters import Urgency

PATIENCE = 2.0
"""Seconds that the database has to answer."""


class Health:
    def __init__(
        self, database: Database, desk: Desk, delivery: Delivery, bell: Bell, clock: Clock
    ) -> None:
        self._database = database
        self._desk = desk
        self._delivery = delivery
        self._bell = bell
        self._clock = clock
        self._figures = Figures()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self.lives),
            web.get("/readyz", self.is_ready),
            web.get("/metrics", self.figures),
        ]

    async def lives(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def is_ready(self, _request: web.Request) -> web.Response:
        faults = [] if await self._database_answers() else ["the database does not answer"]
        faults += [f"round {name} is late" for name in self._bell.stale(self._clock.now())]
        status = 503 if faults else 200
        return web.json_response(
            {"status": "not ready" if faults else "ok", "faults": faults}, status=status
        )

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE), self._database.reading() as session:
                await session.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError, TimeoutError):
            return False
        return True

    async def figures(self, _request: web.Request) -> web.Response:
        async with self._database.reading() as session:
            waiting = await letters.waiting(session)
            live = await session.scalar(
                select(func.count())
                .select_from(Incident)
                .where(Incident.climbs_at.is_not(None), Incident.kind != IncidentKind.DRILL)
            )
            outages = await downtimes.going_on(session)
        self._figures.gather(self._desk, self._delivery, self._bell, self._clock.now())
        self._figures.from_rows(waiting, live or 0, outages)
        body = generate_latest(self._figures.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


class Figures:
    """The figures for Prometheus; gathered when they are asked for."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._messages = Gauge(
            "shouwang_messages",
            "Messages answered since the start",
            ["kind"],
            registry=self.registry,
        )
        self._troubles = Gauge(
            "shouwang_messages_troubled",
            "Messages of which only the sign of life was kept",
            registry=self.registry,
        )
        self._letters = Gauge(
            "shouwang_letters",
            "What became of letters since the start",
            ["state"],
            registry=self.registry,
        )
        self._waiting = Gauge(
            "shouwang_letters_waiting", "Letters not sent yet", ["urgency"], registry=self.registry
        )
        self._live = Gauge(
            "shouwang_incidents_live", "Incidents not closed", registry=self.registry
        )
        self._outages = Gauge(
            "shouwang_outage",
            "1 while we are deaf or mute",
            ["kind"],
            registry=self.registry,
        )
        self._ways = Gauge(
            "shouwang_way_in_trouble",
            "1 while a way takes no letters",
            ["way"],
            registry=self.registry,
        )
        self._age = Gauge(
            "shouwang_round_age_seconds",
            "Seconds since a round came through",
            ["round"],
            registry=self.registry,
        )
        self._failures = Gauge(
            "shouwang_round_failures",
            "Rounds that failed since the start",
            ["round"],
            registry=self.registry,
        )

    def gather(self, desk: Desk, delivery: Delivery, bell: Bell, now: datetime) -> None:
        for kind, number in desk.answered.items():
            self._messages.labels(kind).set(number)
        self._troubles.set(desk.troubled)
        for state, number in delivery.became.items():
            self._letters.labels(state).set(number)
        for name, in_trouble in delivery.in_trouble.items():
            self._ways.labels(name).set(in_trouble)
        for name, at in bell.came_through.items():
            self._age.labels(name).set((now - at).total_seconds())
        for name, number in bell.failures.items():
            self._failures.labels(name).set(number)

    def from_rows(self, waiting: dict[int, int], live: int, outages: Collection[str]) -> None:
        for urgency in Urgency:
            self._waiting.labels(urgency.name.lower()).set(waiting.get(urgency, 0))
        self._live.set(live)
        for outage in Outage:
            self._outages.labels(outage).set(outage in outages)
