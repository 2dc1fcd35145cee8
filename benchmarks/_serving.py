"""Runs a server in a process of its own, as an operator would, and stops it again."""

import asyncio
import re
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.simulator.account import Account, Encryption

PATIENCE_SECONDS = 60.0

CONFIG = """
[server]
port = {port}
[database]
url = "sqlite:///{database}"
[wechat]
app_id = "{account.app_id}"
app_secret = "{account.app_secret}"
token = "{account.token}"
encoding_aes_key = "{account.encoding_aes_key}"
encryption = "{account.encryption}"
api_base_url = "{platform}"
freshness_seconds = 3600
[wechat.templates]
missed = "invented"
[watch]
village_false_years = 0
[clock]
start = "{start}"
"""
"""The clock begins in the county's morning; deliveries are signed before the load begins. Each
silent elder is called for by herself, never a village for all of them: that is the most work."""


@dataclass(frozen=True)
class Server:
    """A server that answers on loopback."""

    url: str
    process: Process

    def memory(self, kind: str) -> float:
        """Return the resident memory now (`VmRSS`) or at its highest (`VmHWM`), in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(rf"{kind}:\s+(\d+) kB", status)
        if found is None:
            raise LookupError(f"the system does not tell {kind}")
        return int(found[1]) / 1024


def account(encryption: Encryption) -> Account:
    return Account(
        app_id="wx0123456789abcdef",
        app_secret="an-invented-secret",
        token="inventedtoken",
        encoding_aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        encryption=encryption,
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@asynccontextmanager
async def running(port: int, *command: str | Path) -> AsyncIterator[Server]:
    """Run a program until the block is left; it has to answer `/healthz`, and to end well."""
    process = await asyncio.create_subprocess_exec(sys.executable, *command)
    server = Server(f"http://127.0.0.1:{port}", process)
    try:
        await _answers(server)
        yield server
    finally:
        if process.returncode is None:
            process.terminate()
        code = await process.wait()
    assert code == 0, f"the server ended with {code}"


async def _answers(server: Server) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), aiohttp.ClientSession(server.url) as session:
        while True:
            try:
                async with session.get("/healthz"):
                    return
            except aiohttp.ClientConnectionError:
                if server.process.returncode is not None:
                    raise RuntimeError("the server has ended before it answered") from None
                await asyncio.sleep(0.1)


@asynccontextmanager
async def house(
    database: Path, encryption: Encryption, start: str, platform: str
) -> AsyncIterator[Server]:
    """Run `shouwang serve` on a database, its clock from `start` on."""
    port = free_port()
    config = database.with_suffix(".toml")
    config.write_text(
        CONFIG.format(
            port=port,
            database=database,
            account=account(encryption),
            platform=platform,
            start=start,
        ),
        encoding="utf-8",
    )
    command = Path(sys.executable).with_name("shouwang")
    async with running(port, command, "serve", "--config", config) as server:
        yield server
