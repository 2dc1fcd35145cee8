"""An event loop that never waits: where nothing is left to do but to wait, the time has passed.

What the house sets itself to wait for in wall time, such as five milliseconds for company of a
message, costs nothing here, and comes out the same on every machine.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Impatient(selectors.SelectSelector):
    """Looks whether something has come, and never sleeps until it does."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:  # only a thread of the database's driver can go on from here
            return super().select(None)
        if timeout > 0:
            self.passed += timeout
        return super().select(0)


class ImpatientLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return super().time() + self._impatient.passed


def run(life: Coroutine[Any, Any, T], quiet_about: type[BaseException]) -> T:
    """Run to the end; of errors of this kind in forsaken tasks nothing is said."""

    def tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), quiet_about):
            loop.default_exception_handler(context)

    with asyncio.Runner(loop_factory=ImpatientLoop) as runner:
        runner.get_loop().set_exception_handler(tell)
        return runner.run(life)
