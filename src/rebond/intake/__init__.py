"""Incoming adapters: they carry bytes to `services.accept` and decide nothing."""
