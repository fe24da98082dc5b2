"""Queries: values out, never rows."""
