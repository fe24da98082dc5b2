"""Landing pages: where people ask to subscribe."""
