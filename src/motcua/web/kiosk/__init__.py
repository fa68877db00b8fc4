"""The first and last page of a person at a kiosk; between them it is the portal (R-087, R-088)."""
