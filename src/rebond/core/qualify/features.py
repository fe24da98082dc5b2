"""What texts are compared by: the words of a template, alone and with those beside them, and what its codes say."""

import re
from collections.abc import Iterator, Sequence

from rebond.core.qualify.cluster import tokens

_STEM = 5  # letters of a word that count: endings vary, the more so from language to language
_NEAR = 2  # words are paired with so many that follow
_MARKS = frozenset({"*", "#xxx#"})
_ENHANCED = re.compile(r"[245]\.(\d{1,3})\.(\d{1,3})", re.ASCII)
# Chinese, Japanese, Korean: no spaces between words, so two letters at a time stand for one.
_WIDE = re.compile(r"[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]+")


def features(template: str) -> frozenset[str]:
    """Take what a template is compared by."""
    words = [word for token in tokens(template) if token not in _MARKS for word in _words(token)]
    found = set(words)
    for apart in range(1, _NEAR + 1):
        found.update(f"{one} {other}" for one, other in zip(words, words[apart:], strict=False))
    for code in filter(None, map(_ENHANCED.fullmatch, words)):
        # 4.2.2 and 5.2.2 are about the same thing, and all of x.2.x about a mailbox.
        found.update((f"@{code[1]}.{code[2]}", f"@{code[1]}"))
    return frozenset(found)


def _words(token: str) -> Iterator[str]:
    if not token.isascii() and (wide := _WIDE.findall(token)):
        for run in wide:
            yield from _pairs(run)
    else:
        yield token[:_STEM] if token.isalpha() else token


def _pairs(run: str) -> Sequence[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]
