"""The documented REST interface: typed requests and answers around one query or operation each (R-324)."""
