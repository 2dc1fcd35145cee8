"""Consent (同意 不用了 我的同意): what an elder lets us do, asked aloud, one thing at a time."""
