"""The rules that give verdicts: what they are, what they do to a text, and the changes of them."""
