"""The letters that answer a voice, once a machine has written it down."""

from handlers.feature import Feature, Paper
from handlers.router import Router
from handlers.voice import words

VOICE_HEARD = "voice_heard"
"""She called for help: who comes, and which number to call."""

VOICE_NOTED = "voice_noted"
"""She is unwell, or would like a hand: who knows of it."""

FEATURE = Feature(
    Router("voice"),
    {
        VOICE_HEARD: Paper(words.answer, form="emergency", ask="听到了，在叫人。急事打120"),
        VOICE_NOTED: Paper(words.answer),
    },
)
