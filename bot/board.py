"""The board: a village's day on one page. Only beside the simulator, on this machine."""

from datetime import datetime
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader

from schedules.clock import Clock
from storage import today
from storage.checkins import watch_day
from storage.database import Database
from storage.rules import VILLAGE_TIME, CheckinRules, at_village
from storage.today import Standing

PAGES = Path(__file__).parent / "pages"
MOST_VILLAGES = 3
STATES = {"pending": "等着", "reminded": "提醒过", "late": "再问过"}
STANDINGS = {
    Standing.WELL: "平安",
    Standing.HEARD: "听到了",
    Standing.HARMED: "出事",
    Standing.TO_SEE: "要去看",
    Standing.MISSED: "没报",
    Standing.SEEN: "看过",
    Standing.WAITING: "还在等",
    Standing.UNKNOWN: "没问成",
    Standing.EXCUSED: "请假",
}
STEPS = ("邻居和组长", "家人和协调员", "全村", "督导")


class Board:
    def __init__(self, database: Database, clock: Clock, rules: CheckinRules) -> None:
        self._database = database
        self._clock = clock
        self._rules = rules
        pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True)
        pages.filters["hour"] = _hour
        self._page = pages.get_template("board.html")
        self._style = (PAGES / "board.css").read_text("utf-8")

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/board", self.show), web.get("/board/board.css", self.style)]

    async def show(self, _request: web.Request) -> web.Response:
        now = self._clock.now()
        day = watch_day(now, self._rules)
        since = at_village(day, self._rules.day_starts)
        async with self._database.reading() as session:
            villages = await today.of_villages(session, day, since, MOST_VILLAGES)
        html = self._page.render(
            villages=villages, now=now, states=STATES, standings=STANDINGS, steps=STEPS
        )
        policy = "default-src 'none'; style-src 'self'"
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def style(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._style, content_type="text/css")


def _hour(moment: datetime | None) -> str:
    return moment.astimezone(VILLAGE_TIME).strftime("%H:%M") if moment else ""
