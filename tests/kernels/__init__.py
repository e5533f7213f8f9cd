"""Tests that run kernels; they run once more with bounds checks on (`make test-bounds`)."""
