"""How dossiers really went through their processes: paths, waiting, work and rework, step by step (R-049)."""
