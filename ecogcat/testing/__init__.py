"""Tools for tests, shipped with ecogcat: strategies, laws, format conformance and simulated sessions."""

from ecogcat.testing.conformance import check_format
from ecogcat.testing.simulate import simulate_session

__all__ = ["check_format", "simulate_session"]
