"""Within which bounds somebody acts for an elder, whichever feature he does it by."""

from handlers.on_her_behalf.bounds import TOO_MUCH, objection

__all__ = ["TOO_MUCH", "objection"]
