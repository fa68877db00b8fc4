"""What the system exchanges with others over HTTP: sources of data that look-ups ask, and their stand-ins."""
