"""Electrodes: which source channel is which site, ground or reference."""
