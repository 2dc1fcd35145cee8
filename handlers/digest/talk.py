"""The digest is only written, nobody has to ask for it."""

from handlers.digest import words
from handlers.feature import Feature, Paper
from handlers.router import Router

DIGEST = "digest"

FEATURE = Feature(Router("digest"), {DIGEST: Paper(words.digest, form="digest", ask=words.ask)})
