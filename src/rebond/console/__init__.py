"""The console: pages for people, each of which makes one call."""
