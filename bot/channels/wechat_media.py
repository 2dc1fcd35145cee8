"""Puts a picture or a voice where WeChat can send it from: it is kept there for three days.

Downloads are in bot/transcribers/wechat_media.py, for those who listen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.channels.wechat_client import AwaitableWeChatClient

MediumKind = Literal["image", "voice"]

SIGNS: Mapping[MediumKind, Mapping[bytes, str]] = {
    "image": {b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png", b"GIF8": "gif"},
    "voice": {b"#!AMR\n": "amr", b"ID3": "mp3", b"\xff\xfb": "mp3", b"\xff\xf3": "mp3"},
}
"""How what WeChat takes begins, and what such a file is called."""


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """The most bytes of each kind, as the platform has them; of a voice also sixty seconds."""

    most_bytes: Mapping[MediumKind, int] = field(
        default_factory=lambda: {"image": 10 * 1024 * 1024, "voice": 2 * 1024 * 1024}
    )


class UnfitMediumError(ValueError):
    """WeChat would not take it: the message says why, for an operator."""


async def upload(
    client: AwaitableWeChatClient,
    kind: MediumKind,
    content: bytes,
    limits: MediaLimits | None = None,
) -> str:
    """Upload a medium and return its id.

    Raises UnfitMediumError before anything is sent, and WeChatClientException where the
    platform says no.
    """
    ending = _checked(kind, content, limits or MediaLimits())
    answer = await client.media.upload(kind, (f"{kind}.{ending}", content))
    return str(answer["media_id"])


def _checked(kind: MediumKind, content: bytes, limits: MediaLimits) -> str:
    """Return how such a file ends. Its beginning tells, and not its name."""
    most = limits.most_bytes[kind]
    if len(content) > most:
        raise UnfitMediumError(
            f"this {kind} has {len(content)} bytes, and at most {most} are taken"
        )
    for sign, ending in SIGNS[kind].items():
        if content.startswith(sign):
            return ending
    known = ", ".join(sorted(set(SIGNS[kind].values())))
    raise UnfitMediumError(f"this {kind} is none of {known}")
