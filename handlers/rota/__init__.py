"""The rota (值班): who is on duty, who stands in, and who takes over."""
