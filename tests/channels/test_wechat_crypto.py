"""Envelopes: the platform's own samples, and two implementations that are not ours."""

import base64
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from werobot.crypto import MessageCrypt, PrpCrypto

from bot.channels.wechat_crypto import Envelope, is_signed, sign
from tests.channels.conftest import OpenDoor
from tests.channels.wire import AES_KEY, APP_ID, TOKEN, ListeningDesk, text
from tests.channels.wire import sign as sign_by_hand
from tests.clock import HandMovedClock

VECTORS: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).parent / "data" / "wechat_crypto_vectors.json").read_text()
)
SIGNED = [name for name, vector in VECTORS.items() if "msg_signature" in vector]
FIXED = [name for name, vector in VECTORS.items() if "random" in vector]
INTEROP = Path(__file__).parent / "interop"


@pytest.mark.parametrize("name", SIGNED)
def test_the_official_samples_are_signed_as_we_sign(name: str) -> None:
    vector = VECTORS[name]
    parts = (vector["token"], vector["timestamp"], vector["nonce"], vector["encrypt"])
    assert sign(*parts) == vector["msg_signature"]
    assert is_signed(vector["msg_signature"], *parts)
    assert not is_signed(vector["msg_signature"], *parts, "1")


@pytest.mark.parametrize("name", VECTORS)
def test_the_official_samples_open(name: str) -> None:
    vector = VECTORS[name]
    opened = Envelope(vector["key"], vector["appid"]).open(vector["encrypt"])
    theirs = PrpCrypto(base64.b64decode(vector["key"] + "="))
    assert opened == theirs.decrypt(vector["encrypt"], vector["appid"])
    assert opened.decode() == vector.get("plain", opened.decode())


@pytest.mark.parametrize("name", FIXED)
def test_we_seal_the_official_samples_to_the_very_byte(name: str) -> None:
    vector = VECTORS[name]
    fixed = vector["random"].encode()
    envelope = Envelope(vector["key"], vector["appid"], draw=lambda count: fixed[:count])
    assert envelope.seal(vector["plain"]) == vector["encrypt"]


async def test_the_official_sample_message_passes_the_door(
    open_door: OpenDoor, desk: ListeningDesk, clock: HandMovedClock
) -> None:
    vector = VECTORS["oa_official_python_sample"]
    clock.move_to(datetime.fromtimestamp(int(vector["timestamp"]), UTC))
    platform = await open_door(
        "safe",
        token=vector["token"],
        encoding_aes_key=vector["key"],
        app_id=vector["appid"],
    )
    query = {name: vector[name] for name in ("timestamp", "nonce", "msg_signature")}
    query["signature"] = sign_by_hand(vector["token"], vector["timestamp"], vector["nonce"])
    body = f"<xml><Encrypt><![CDATA[{vector['encrypt']}]]></Encrypt></xml>"
    assert (await platform.post(query, body.encode())).status == 200
    assert len(desk.heard) == 1


async def test_an_envelope_for_another_account_stays_closed(
    open_door: OpenDoor, desk: ListeningDesk
) -> None:
    platform = await open_door("safe", app_id="wx-somebody-else")
    answer = await platform.push(text("1"))
    assert (answer.status, answer.body) == (400, "the message cannot be read")
    assert desk.heard == []


@pytest.mark.parametrize(
    "sealed",
    ["", "A", "AAAA", "救命", "=", "A" * 64, base64.b64encode(bytes(32)).decode(), "A" * 60_000],
)
async def test_a_signed_envelope_of_rubbish_is_refused(
    open_door: OpenDoor, desk: ListeningDesk, sealed: str
) -> None:
    platform = await open_door("safe")
    query = platform.query()
    query["msg_signature"] = sign_by_hand(TOKEN, query["timestamp"], query["nonce"], sealed)
    body = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    assert (await platform.post(query, body.encode())).status == 400
    assert desk.heard == []


@pytest.mark.parametrize("padding", [0, 33, 255])
def test_wrong_padding_is_refused(padding: int) -> None:
    theirs = PrpCrypto(base64.b64decode(AES_KEY + "="))
    encryptor = theirs.cipher.encryptor()
    letter = encryptor.update(bytes(63) + bytes([padding])) + encryptor.finalize()
    with pytest.raises(ValueError, match="padded"):
        Envelope(AES_KEY, APP_ID).open(base64.b64encode(letter).decode())


def test_equal_replies_never_look_equal() -> None:
    envelope = Envelope(AES_KEY, APP_ID)
    assert envelope.seal("王奶奶，记下了") != envelope.seal("王奶奶，记下了")


@pytest.mark.parametrize("words", ["", "1", "王奶奶，记下了", "🌹" * 500, "a" * 2048])
def test_werobot_opens_what_we_seal(words: str) -> None:
    sealed = Envelope(AES_KEY, APP_ID).seal(words)
    theirs = MessageCrypt(TOKEN, AES_KEY, APP_ID)
    signature = sign(TOKEN, "1409735669", "1320562132", sealed)
    opened = theirs.decrypt_message("1409735669", "1320562132", signature, sealed)
    assert opened.decode() == words


@pytest.fixture(scope="module")
def node() -> str:
    """Node with `@wecom/crypto` beside it; `npm install --no-package-lock` brings the module."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed: no independent implementation in JavaScript to ask")
    if not (INTEROP / "node_modules" / "@wecom" / "crypto").is_dir():
        pytest.skip(
            "@wecom/crypto is absent: npm install --no-package-lock in tests/channels/interop"
        )
    return program


def ask_node(node: str, **question: str) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603  our own script, our own words
        [node, "talk.js"],
        cwd=INTEROP,
        input=json.dumps(question),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


async def test_node_talks_to_the_door_and_understands_the_reply(
    node: str, open_door: OpenDoor, desk: ListeningDesk
) -> None:
    platform = await open_door("safe")
    query = platform.query()
    agreed = {"token": TOKEN, "key": AES_KEY, "appid": APP_ID}
    when = {"timestamp": query["timestamp"], "nonce": query["nonce"]}
    pushed = ask_node(node, act="seal", text=text("我挺好 🌹"), **agreed, **when)
    query["msg_signature"] = pushed["signature"]
    body = f"<xml><Encrypt><![CDATA[{pushed['sealed']}]]></Encrypt></xml>"
    answer = await platform.post(query, body.encode())
    assert (answer.status, desk.heard[0].text) == (200, "我挺好 🌹")
    heard = ask_node(node, act="read reply", text=answer.body, **agreed)
    assert heard == {"signed": True, "appid": APP_ID, "words": "王奶奶，记下了"}


@pytest.mark.parametrize("name", FIXED)
def test_node_agrees_on_the_official_samples(node: str, name: str) -> None:
    vector = VECTORS[name]
    agreed = {"token": vector["token"], "key": vector["key"], "appid": vector["appid"]}
    fixed = {"random": vector["random"], "timestamp": "1", "nonce": "1"}
    theirs = ask_node(node, act="seal", text=vector["plain"], **agreed, **fixed)
    assert theirs["sealed"] == vector["encrypt"]
