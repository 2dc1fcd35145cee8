"""Pictures and voices, up to the platform and down again."""

from collections.abc import AsyncIterator

import pytest
from wechatpy.exceptions import WeChatClientException

from bot.channels.wechat_media import MediaLimits, MediumKind, UnfitMediumError, upload
from bot.transcribers.wechat_media import WechatMedia
from schedules.listening import MediaError
from tests.channels.far_end import FarEnd, far_end_of
from tests.clock import HandMovedClock

AMR, PNG = b"#!AMR\n" + bytes(64), b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
async def far_end(clock: HandMovedClock) -> AsyncIterator[FarEnd]:
    async with far_end_of(clock) as far_end:
        yield far_end


async def test_a_voice_that_went_up_comes_down_as_it_was(
    far_end: FarEnd, clock: HandMovedClock
) -> None:
    media = await upload(far_end.client, "voice", AMR)
    sound = await WechatMedia(far_end.client).fetch("wechat", media)
    assert sound.content == AMR
    clock.move(days=3)
    with pytest.raises(MediaError, match="40007"):
        await WechatMedia(far_end.client).fetch("wechat", media)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("image", PNG),
        ("image", b"\xff\xd8\xff\xe0 picture"),
        ("image", b"GIF89a"),
        ("voice", AMR),
        ("voice", b"ID3 voice"),
    ],
)
async def test_what_the_platform_takes_is_sent(
    far_end: FarEnd, kind: MediumKind, content: bytes
) -> None:
    assert await upload(far_end.client, kind, content)
    assert far_end.platform.sent("media/upload") == [{"type": kind, "bytes": len(content)}]


@pytest.mark.parametrize(
    ("kind", "content", "why"),
    [
        ("image", AMR, "this image is none of gif, jpg, png"),
        ("image", b"<svg/>", "is none of"),
        ("voice", b"OggS", "this voice is none of amr, mp3"),
        ("voice", b"#!AMR-WB\n", "is none of"),
        ("voice", b"", "is none of"),
        ("voice", AMR + bytes(2 * 1024 * 1024), "and at most 2097152 are taken"),
        ("image", PNG + bytes(10 * 1024 * 1024), "and at most 10485760 are taken"),
    ],
)
async def test_what_it_would_not_take_is_not_sent(
    far_end: FarEnd, kind: MediumKind, content: bytes, why: str
) -> None:
    with pytest.raises(UnfitMediumError, match=why):
        await upload(far_end.client, kind, content)
    assert far_end.platform.calls("media/upload") == 0


async def test_the_limits_may_change(far_end: FarEnd) -> None:
    with pytest.raises(UnfitMediumError, match="and at most 10 are taken"):
        await upload(far_end.client, "voice", AMR, MediaLimits({"image": 10, "voice": 10}))


async def test_a_used_up_quota_is_told(far_end: FarEnd) -> None:
    far_end.platform.refuse("media/upload", 45009)
    with pytest.raises(WeChatClientException, match="45009"):
        await upload(far_end.client, "voice", AMR)
