"""Profiles, and whom deliveries can go to: segments, lists and services."""
