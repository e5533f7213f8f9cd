"""Conditioning: units, filters, reference and rate; a dataset in, a dataset out, each recording of a join by itself."""
