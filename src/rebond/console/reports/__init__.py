"""The reports: tables beside charts, with the definitions of what they count."""
