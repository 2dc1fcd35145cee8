"""The wire format of WeChat's pushes and of the replies to them: XML, signature, encryption.

Written on `cryptography` alone, so that it and the channel's own implementation check each
other. Source of the format: 消息加解密说明 of the official account documentation.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.parsers.expat import ExpatError

import xmltodict
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.simulator.account import Account

RANDOM_PREFIX_BYTES = 16
LENGTH_BYTES = 4
PADDED_TO_BITS = 256
"""WeChat pads to 32 bytes, not to the 16 of an AES block."""


class BadReplyError(Exception):
    """What came back is nothing the platform would show."""


@dataclass(frozen=True, slots=True)
class SignedPush:
    """One push, ready to be posted: again and again the same on every delivery."""

    query: Mapping[str, str]
    body: bytes


Value = str | int | float | Sequence["Fields"]
Fields = Mapping[str, Value]


def write_xml(fields: Fields) -> str:
    """Return the XML of a push: numbers bare, words as CDATA, entries in a List each."""
    return f"<xml>{_elements(fields)}</xml>"


def _elements(fields: Fields) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Value) -> str:
    if not isinstance(value, str | int | float):
        entries = "".join(f"<List>{_elements(entry)}</List>" for entry in value)
        return f"<{name}>{entries}</{name}>"
    if isinstance(value, str):
        inside = value.replace("]]>", "]]]]><![CDATA[>")
        return f"<{name}><![CDATA[{inside}]]></{name}>"
    return f"<{name}>{value}</{name}>"


def read_xml(body: bytes) -> dict[str, str]:
    """Return the flat fields of an XML reply. Raises BadReplyError where it is anything else."""
    try:
        root = xmltodict.parse(body, strip_whitespace=False)["xml"]
    except (ExpatError, KeyError, ValueError) as fault:
        raise BadReplyError("not an XML reply") from fault
    if not isinstance(root, dict):
        raise BadReplyError("an XML reply without fields")
    return {name: value for name, value in root.items() if isinstance(value, str)}


def signature(*parts: str) -> str:
    """Return WeChat's signature: SHA-1 over the sorted parts."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def seal(account: Account, text: bytes) -> str:
    """Encrypt a message for, or as, the account."""
    prefix = secrets.token_bytes(RANDOM_PREFIX_BYTES)
    length = len(text).to_bytes(LENGTH_BYTES, "big")
    padder = padding.PKCS7(PADDED_TO_BITS).padder()
    padded = padder.update(prefix + length + text + account.app_id.encode()) + padder.finalize()
    encryptor = _cipher(account).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def unseal(account: Account, sealed: str) -> bytes:
    """Decrypt a message. Raises BadReplyError where it is broken or meant for another account."""
    try:
        decryptor = _cipher(account).decryptor()
        padded = decryptor.update(base64.b64decode(sealed, validate=True)) + decryptor.finalize()
        unpadder = padding.PKCS7(PADDED_TO_BITS).unpadder()
        plain = unpadder.update(padded) + unpadder.finalize()
    except (binascii.Error, ValueError) as fault:
        raise BadReplyError("cannot be decrypted") from fault
    begin = RANDOM_PREFIX_BYTES + LENGTH_BYTES
    end = begin + int.from_bytes(plain[RANDOM_PREFIX_BYTES:begin], "big")
    if plain[end:] != account.app_id.encode():
        raise BadReplyError("encrypted for another account")
    return plain[begin:end]


def _cipher(account: Account) -> Cipher[modes.CBC]:
    key = base64.b64decode(account.encoding_aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def signed_push(
    account: Account, xml: str, *, openid: str, now: datetime, nonce: str = ""
) -> SignedPush:
    """Return what the platform would post for this XML, in the account's encryption mode.

    Half an emoji in the XML stays half an emoji on the wire, as hostile as it is.
    """
    timestamp = str(int(now.timestamp()))
    nonce = nonce or str(secrets.randbelow(2_000_000_000))
    query = {
        "signature": signature(account.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": openid,
    }
    text = xml.encode("utf-8", "surrogatepass")
    if account.encryption == "plain":
        return SignedPush(query, text)
    sealed = seal(account, text)
    query["encrypt_type"] = "aes"
    query["msg_signature"] = signature(account.token, timestamp, nonce, sealed)
    return SignedPush(query, _enveloped(account, text, sealed))


def _enveloped(account: Account, text: bytes, sealed: str) -> bytes:
    if account.encryption == "safe":
        return write_xml({"ToUserName": account.original_id, "Encrypt": sealed}).encode()
    return text.removesuffix(b"</xml>") + _element("Encrypt", sealed).encode() + b"</xml>"


def open_reply(account: Account, body: bytes) -> dict[str, str]:
    """Return the fields of a reply, decrypted where it is encrypted.

    Raises BadReplyError where the signature or the account is wrong, and where an account in safe
    mode replies in the clear.
    """
    fields = read_xml(body)
    if "Encrypt" not in fields:
        if account.encryption == "safe":
            raise BadReplyError("a reply in the clear from an account in safe mode")
        return fields
    if account.encryption == "plain":
        raise BadReplyError("an encrypted reply from an account in plain mode")
    parts = (fields.get("TimeStamp", ""), fields.get("Nonce", ""), fields["Encrypt"])
    right = signature(account.token, *parts).encode()
    if not hmac.compare_digest(right, fields.get("MsgSignature", "").encode()):
        raise BadReplyError("a reply with a wrong signature")
    return read_xml(unseal(account, fields["Encrypt"]))
