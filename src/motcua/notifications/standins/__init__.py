"""
Stand-ins of the SMS gateway and the mail server: the same wire form, on loopback, able to fail, crawl and be
down.
"""
