"""Experiments: what was presented, in which order, as scripts and session files say it."""
