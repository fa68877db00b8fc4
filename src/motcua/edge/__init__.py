"""What pages and API share: the actor of a request, its key, its errors, paging, headers, read-only GETs."""
