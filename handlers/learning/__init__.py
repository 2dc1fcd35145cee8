"""漏报: a leader tells what we should have heard, so that a rule can be added."""
