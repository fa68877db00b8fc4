"""Reminders and cases: what is owed to repeated lateness and misconduct (R-189, R-190)."""
