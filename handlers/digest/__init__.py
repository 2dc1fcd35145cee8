"""The coordinator's digest: how the village is, once in the morning."""
