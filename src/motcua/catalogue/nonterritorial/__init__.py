"""Reception not bound to territory: which procedures, received where, from when to when, on whose decision."""
