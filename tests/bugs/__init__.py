"""What an older system got wrong, one test an entry: the same inputs, read and joined right."""
