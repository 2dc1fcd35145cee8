"""An OpenAI-compatible endpoint that writes voices down: `POST {url}/audio/transcriptions`."""

import asyncio
import json

import aiohttp
from pydantic import SecretStr

from bot.transcribers.worker import Worker
from schedules.listening import TranscriberError

TAKEN = frozenset({"mp3", "ogg", "wav"})
"""Of the kinds that we can tell apart, those that every such endpoint takes. AMR is not."""

MOST_READ = 64 * 1024


class EndpointTranscriber:
    """Sends voices elsewhere to be written down.

    `waves` makes a wave of what the endpoint would not take; without it, everything goes as
    it came, and it depends on the endpoint whether it is understood. So does silence: what a
    machine makes up of it means nothing, unless it makes up distress.
    """

    at_once = 8

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        *,
        model: str,
        seconds: float,
        api_key: SecretStr,
        waves: Worker | None,
    ) -> None:
        self._session = session
        self._url = f"{url.rstrip('/')}/audio/transcriptions"
        self._model = model
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._api_key = api_key
        self._waves = waves

    async def write_down(self, voice: bytes, kind: str) -> str:
        if self._waves is not None and kind not in TAKEN:
            voice, kind = await self._waves.ask(voice), "wav"
        try:
            return _words(await self._exchange(voice, kind))
        except TimeoutError:
            raise TranscriberError("the endpoint did not answer in time") from None
        except aiohttp.ClientError as error:
            # its cause is cut off: it quotes the address
            raise TranscriberError(f"no answer: {type(error).__name__}") from None

    async def close(self) -> None:
        if self._waves is not None:
            await self._waves.close()

    async def _exchange(self, voice: bytes, kind: str) -> bytes:
        async with self._session.post(
            self._url,
            data=self._form(voice, kind),
            headers=self._headers(),
            timeout=self._timeout,
            allow_redirects=False,  # neither the voice nor the key goes where we were not told
        ) as response:
            if response.status != 200:
                raise TranscriberError(f"the endpoint answered with HTTP status {response.status}")
            return await _body(response)

    def _form(self, voice: bytes, kind: str) -> aiohttp.FormData:
        form = aiohttp.FormData()
        form.add_field("file", voice, filename=f"voice.{kind or 'bin'}")
        form.add_field("model", self._model)
        form.add_field("language", "zh")
        form.add_field("response_format", "json")
        return form

    def _headers(self) -> dict[str, str]:
        key = self._api_key.get_secret_value()
        return {"Authorization": f"Bearer {key}"} if key else {}


async def _body(response: aiohttp.ClientResponse) -> bytes:
    try:
        await response.content.readexactly(MOST_READ)
    except asyncio.IncompleteReadError as whole:
        return whole.partial
    raise TranscriberError("an answer longer than any voice")


def _words(body: bytes) -> str:
    try:
        words = json.loads(body)["text"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise TranscriberError("an answer that cannot be read") from None
    if not isinstance(words, str):
        raise TranscriberError("an answer that cannot be read")
    return words
