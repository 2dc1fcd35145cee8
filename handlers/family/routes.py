"""The routes of families: commands go before all others' talk, bare answers after it."""

from handlers.router import Router

router = Router("family")
answers = Router("family answers")
