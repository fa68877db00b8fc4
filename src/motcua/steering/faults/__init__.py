"""Faults and shortcomings of the systems staff work with: reported, owned, answered in their time (R-069)."""
