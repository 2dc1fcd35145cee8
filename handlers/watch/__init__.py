"""Looking after an elder who was not heard: 我去, and how it went."""
