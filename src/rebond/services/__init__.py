"""One use case a file: read, decide, write once."""
