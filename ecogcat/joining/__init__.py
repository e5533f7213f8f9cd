"""Joining: datasets put end to end, and taken apart; what goes together, and what stands in the way."""
