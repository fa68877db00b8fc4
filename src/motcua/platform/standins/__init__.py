"""What every stand-in of an outside system shares: misbehaving on request, JSON over HTTP on loopback, its page."""
