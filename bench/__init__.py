"""Measurements: `./run bench NAME`."""
