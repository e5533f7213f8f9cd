"""Triggers: events found on logic lines, whatever their levels, noise and bounces."""
