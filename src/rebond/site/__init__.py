"""The web application: addresses, headers, and what a server loads."""
