"""`python -m fuzz`: mutated returns and replies by the million, and what must hold whatever the bytes."""
