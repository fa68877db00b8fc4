"""A stand-in of the gateway to sources of data: the same wire form, on loopback, able to fail, crawl and be down."""
