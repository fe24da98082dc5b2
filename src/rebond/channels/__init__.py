"""Outgoing adapters: what is sent, and how it is handed over. They know the core only."""
