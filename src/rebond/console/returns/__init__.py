"""What came back: unattributed returns, dead letters, and each returned mail as it came."""
