"""Alerts: what the team is to be told, and who takes care of it."""
