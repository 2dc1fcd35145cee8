"""帮助: what each may say here, for exactly his roles."""
