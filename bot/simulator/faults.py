"""The bad days of the platform, called up by a test."""

import asyncio
from dataclasses import dataclass
from typing import Literal, get_args

from bot.simulator.refusal import RefusedError

Api = Literal[
    "stable_token",
    "message/custom/send",
    "message/template/send",
    "message/subscribe/bizsend",
    "menu/create",
    "menu/get",
    "qrcode/create",
    "user/info",
    "media/upload",
    "media/get",
    "openapi/quota/get",
    "template/get_all_private_template",
    "newtmpl/gettemplate",
]
"""Every call the platform knows, by its path below /cgi-bin/ (the last: below /wxaapi/)."""

APIS: tuple[Api, ...] = get_args(Api)


class HttpError(Exception):
    """An answer with an HTTP status of its own."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


@dataclass(slots=True)
class Fault:
    """What a call meets instead of its answer, so many times; None means lasting."""

    error: type[RefusedError] | type[HttpError]
    number: int
    left: int | None


class Faults:
    """Makes chosen calls fail or hang, and heals them again."""

    def __init__(self) -> None:
        self._faults: dict[Api, Fault] = {}
        self._hanging: dict[Api, asyncio.Event] = {}

    def refuse(self, api: Api, code: int, times: int | None = 1) -> None:
        """Answer the next calls with an error code. `times=None` is for ever."""
        self._faults[api] = Fault(RefusedError, code, times)

    def http_error(self, api: Api, status: int, times: int | None = 1) -> None:
        """Answer the next calls with an HTTP status. `times=None` is for ever."""
        self._faults[api] = Fault(HttpError, status, times)

    def reject_every_token(self) -> None:
        """Give tokens out, but take none of them: a lasting 40001."""
        for api in APIS:
            if api != "stable_token":
                self.refuse(api, 40001, None)

    def hang(self, api: Api) -> None:
        """Take calls and do not answer them until `resume`."""
        self._hanging.setdefault(api, asyncio.Event())

    def resume(self, api: Api) -> None:
        """Let the calls that hang, and all later ones, have their answer."""
        if api in self._hanging:
            self._hanging.pop(api).set()

    def heal(self) -> None:
        """End every fault."""
        self._faults.clear()
        for api in APIS:
            self.resume(api)

    async def meet(self, api: Api) -> None:
        """Let one call run into what was called up for it.

        Raises RefusedError or HttpError where it fails.
        """
        if api in self._hanging:
            await self._hanging[api].wait()
        fault = self._faults.get(api)
        if fault is None:
            return
        if fault.left is not None:
            fault.left -= 1
            if fault.left <= 0:
                del self._faults[api]
        raise fault.error(fault.number)
