"""The register of process restructuring: what a procedure was, what it is to become, and what came of it (R-044)."""
