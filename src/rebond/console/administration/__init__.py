"""Administration: technical jobs, people, the audit trail, settings, transports and intake."""
