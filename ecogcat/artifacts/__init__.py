"""Artifacts: what is bad in a dataset, stretches or channels - found, measured or written down - and left out."""
