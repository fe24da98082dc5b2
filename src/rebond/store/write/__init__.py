"""Changes: values in; only services call these."""
