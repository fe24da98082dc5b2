"""What texts are compared by: the words of a template, alone and with those beside them, and what its codes say."""

import re

from rebond.core.qualify.cluster import tokens

_STEM = 5  # letters of a word that count: endings vary, the more so from language to language
_NEAR = 2  # words are paired with so many that follow
_MARKS = frozenset({"*", "#xxx#"})
_ENHANCED = re.compile(r"[245]\.(\d{1,3})\.(\d{1,3})", re.ASCII)


def features(template: str) -> frozenset[str]:
    """Take what a template is compared by."""
    kept = [token for token in tokens(template) if token not in _MARKS]
    words = [token[:_STEM] if token.isalpha() else token for token in kept]
    found = set(words)
    for apart in range(1, _NEAR + 1):
        found.update(f"{one} {other}" for one, other in zip(words, words[apart:], strict=False))
    for code in filter(None, map(_ENHANCED.fullmatch, words)):
        # 4.2.2 and 5.2.2 are about the same thing, and all of x.2.x about a mailbox.
        found.update((f"@{code[1]}.{code[2]}", f"@{code[1]}"))
    return frozenset(found)
