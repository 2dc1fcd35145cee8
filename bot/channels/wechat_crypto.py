"""Signatures and sealed envelopes, as WeChat makes them.

The cipher is wechatpy's. The comparison, the random prefix and the unpacking are ours: the
library compares with `!=`, draws its prefix from a guessable source, and loses a whole message
over one byte that is no UTF-8.
"""

import base64
import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable

from wechatpy.crypto.base import WeChatCipher
from wechatpy.crypto.pkcs7 import PKCS7Encoder

_PREFIX = 16  # random bytes before the length, so that equal texts never look equal
_LENGTH = struct.Struct(">I")
_WIDEST_PADDING = 32


def sign(*parts: str) -> str:
    """Return the SHA-1 that WeChat makes of the token and the parts, in hexadecimal."""
    joined = "".join(sorted(parts)).encode("utf-8", "replace")
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()  # the platform's choice


def is_signed(signature: str, *parts: str) -> bool:
    """Tell whether the parts carry this signature, in a time that does not depend on it."""
    return hmac.compare_digest(sign(*parts).encode(), signature.encode("utf-8", "replace"))


class Envelope:
    """Seals and opens what goes between one account and the platform.

    `draw` returns that many random bytes; the official samples fix them.
    """

    def __init__(
        self,
        encoding_aes_key: str,
        app_id: str,
        draw: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._cipher = WeChatCipher(base64.b64decode(encoding_aes_key + "="))
        self._app_id = app_id.encode()
        self._draw = draw

    def seal(self, text: str) -> str:
        """Return the text encrypted for this account, in base64."""
        words = text.encode()
        letter = self._draw(_PREFIX) + _LENGTH.pack(len(words)) + words + self._app_id
        return base64.b64encode(self._cipher.encrypt(PKCS7Encoder.encode(letter))).decode()

    def open(self, sealed: str) -> bytes:
        """Return what was sealed, still uncleaned.

        Raises ValueError, IndexError or struct.error where it is no envelope of this account.
        """
        letter = self._cipher.decrypt(base64.b64decode(sealed))
        content = letter[_PREFIX : -_padding(letter)]
        (length,) = _LENGTH.unpack_from(content)
        words, app_id = content[4 : 4 + length], content[4 + length :]
        if not hmac.compare_digest(app_id, self._app_id):
            raise ValueError("the envelope is for another account")
        return bytes(words)


def _padding(letter: bytes) -> int:
    if not 1 <= letter[-1] <= _WIDEST_PADDING:
        raise ValueError("the envelope is padded wrongly")
    return letter[-1]
