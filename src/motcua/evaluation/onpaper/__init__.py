"""Work that never entered the software: what figures and numbers show, and how each sign is followed (R-052)."""
