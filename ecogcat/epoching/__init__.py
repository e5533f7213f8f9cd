"""Epoching: windows around events, gathered, averaged and judged."""
