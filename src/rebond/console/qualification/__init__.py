"""Message qualification: the distinct texts of failures, what they may mean, and what people decide of them."""
