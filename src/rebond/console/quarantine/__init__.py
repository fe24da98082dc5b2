"""Quarantine: the addresses, why each is where it is, and what people do about many at once."""
