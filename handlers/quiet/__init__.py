"""退订: who wants to be left in peace gets no cards any more, but alarms always."""
