"""Deliveries: the list, and one delivery's pages."""
