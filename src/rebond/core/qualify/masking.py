"""The words of a text without those that only name something: addresses, hosts and links.

`<quota.exceeded@shop.example>: user unknown` does not speak of a quota, nor `smtp-relay.shop.example said` of
relaying. What is masked keeps its length and its punctuation, so that places in the text stay what they are.
"""

import re

# Each form begins where a token begins and gives nothing back, so that no text takes more than linear time.
_LINK = r"\b(?:https?|ftp)://[^\s<>\"]++|\bwww\.[^\s<>\"]++"
_LOCAL = r"[^\s\"(),:;<>@\[\]]"
_ADDRESS = rf"(?<!{_LOCAL}){_LOCAL}++@[\w.-]++"
# One dot may be a sentence's end with its space forgotten: such a host must show itself by what follows.
_LABEL = r"(?:[A-Za-z0-9_-]++\.)"
_END = r"[a-z]{2,24}+(?![\w-])"
_HOST = rf"(?<![\w.-])(?:{_LABEL}{{2,8}}{_END}|{_LABEL}{_END}(?=\[|\.? said:|:25\b))"
_NAMES = re.compile(f"{_LINK}|{_ADDRESS}|{_HOST}")
_SAID = " said:"
_LETTERS = re.compile(r"\w")
_IN_ASCII = {code: "x" for code in range(128) if _LETTERS.match(chr(code))}
# A gateway puts its own name of a class of codes before the answer that it quotes: `5.1.0 - Unknown address error
# 550-'refused as spam'` says nothing of the address.
_CLASS_NAME = re.compile(r"(?<=\.\d - )[A-Z][a-z]++(?: [a-z]++){1,4} (?=[245]\d\d-')")


def masked(text: str) -> str:
    """Put `x` for every letter and digit of the addresses, hosts and links of a text."""
    if "." not in text and "@" not in text:
        return text
    if "-'" in text:
        text = _CLASS_NAME.sub(_hidden, text)
    linked = "://" in text
    # No name crosses a space, and few pieces can hold one.
    pieces = text.split(" ")
    for place, piece in enumerate(pieces):
        # A dot at the end is a sentence's; a name holds one within.
        dotted = "." in piece and "." in piece[:-1]
        if (dotted or "@" in piece or (linked and "://" in piece)) and not piece.replace(".", "").isdecimal():
            # `said` behind a space shows a host; nothing else behind one does.
            shown = _SAID if place + 1 < len(pieces) and pieces[place + 1].startswith("said:") else ""
            pieces[place] = _NAMES.sub(_hidden, piece + shown).removesuffix(shown)
    return " ".join(pieces)


def _hidden(name: re.Match[str]) -> str:
    text = name.group()
    return text.translate(_IN_ASCII) if text.isascii() else _LETTERS.sub("x", text)
