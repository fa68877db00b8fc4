"""Versions of electronic processes: a draft is drawn, checked and approved; what is approved never changes."""
