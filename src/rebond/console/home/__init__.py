"""The first page: what needs whoever looks at it, and how things go."""
