"""Tools for tests, shipped with ecogcat: strategies, laws, format conformance and simulated sessions."""
