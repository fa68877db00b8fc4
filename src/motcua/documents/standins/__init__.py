"""The stand-in of a remote signing service."""
