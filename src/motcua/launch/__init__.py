"""Starting up: what stands behind `./run`. Above all rooms, which it knows by their management commands."""
