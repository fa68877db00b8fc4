"""Every write of partners and messages."""
