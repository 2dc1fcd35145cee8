"""The floor of a webhook: aiohttp and wechatpy, and nothing remembered.

Checks, decrypts, parses, answers and encrypts as the README of wechatpy shows it, on the port
and in the mode that the command line names.
"""

import asyncio
import signal
import sys

from aiohttp import web
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import create_reply
from wechatpy.utils import check_signature

from benchmarks._serving import account


def application(mode: str) -> web.Application:
    ours = account("plain" if mode == "plain" else "safe")
    crypto = WeChatCrypto(ours.token, ours.encoding_aes_key, ours.app_id)

    async def plain(request: web.Request) -> web.Response:
        query = request.query
        check_signature(ours.token, query["signature"], query["timestamp"], query["nonce"])
        message = parse_message(await request.text())
        xml = create_reply("记下了", message).render()
        return web.Response(text=xml, content_type="application/xml")

    async def safe(request: web.Request) -> web.Response:
        query = request.query
        check_signature(ours.token, query["signature"], query["timestamp"], query["nonce"])
        sealed = await request.text()
        opened = crypto.decrypt_message(
            sealed, query["msg_signature"], query["timestamp"], query["nonce"]
        )
        xml = create_reply("记下了", parse_message(opened)).render()
        answer = crypto.encrypt_message(xml, query["nonce"], query["timestamp"])
        return web.Response(text=answer, content_type="application/xml")

    async def lives(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    made = web.Application()
    made.add_routes(
        [web.post("/wechat", plain if mode == "plain" else safe), web.get("/healthz", lives)]
    )
    return made


async def serve(port: int, mode: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    runner = web.AppRunner(application(mode), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
