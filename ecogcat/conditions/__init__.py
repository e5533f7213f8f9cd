"""Conditions: the combinations of levels under which events happened, looked for and written as texts."""
