"""The HTTP API: each address makes one call to a service or the store, as the console and the commands do."""
