"""The tests of ecogcat; a package, so that they can share oracles and helpers."""
