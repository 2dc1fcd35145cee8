"""Standing in (替): leaders and coordinators who are away, their deputies, and hand-overs."""
