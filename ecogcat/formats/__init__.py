"""Formats: one module an acquisition system, each a callable path -> Dataset that reads headers only."""
