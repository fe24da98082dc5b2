"""Qualify large ordinary mail, of each kind that people send, beside the standard library's parser on the same."""

import base64
import email
import time
from collections.abc import Callable, Iterator
from random import Random

from benchmarks.figures import Measured

_HEAD = (
    b"Return-Path: <ann@shop.example>\nReceived: from a by b; Mon, 2 Mar 2026 09:00:00 +0000\n"
    b"From: Ann <ann@shop.example>\nTo: bob@oak.example\nSubject: The plans\n"
    b"Date: Mon, 2 Mar 2026 10:00:00 +0100\nMIME-Version: 1.0\n"
)
_SENTENCE = """
    the plans for our meeting on monday are ready and the delivery of your order could be delayed please look at them
    before noon thank you very much
"""
_TEXT = b"Content-Type: text/plain; charset=utf-8\n\n"
_BASE64 = b"Content-Transfer-Encoding: base64\n"
_SIZES = (1_000_000, 5_000_000, 20_000_000)
_PASSES = 3


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure each kind at each size, as bytes."""
    from rebond.packs import load_qualifier

    qualifier = load_qualifier()
    random = Random(3)
    for label, make in _KINDS.items():
        for size in _SIZES:
            raw = make(random, size)
            yield Measured(
                number=len(raw),
                ours=min(_seconds(qualifier.qualify_mail, raw) for _ in range(_PASSES)),
                baseline=_seconds(email.message_from_bytes, raw),
                baseline_number=len(raw),
                baseline_name="email",
                label=f"{label}, {size // 1_000_000} MB",
                note=f"processor time, best of {_PASSES} passes",
            )


def _seconds(work: Callable[[bytes], object], raw: bytes) -> float:
    began = time.process_time()
    work(raw)
    return time.process_time() - began


def _lines(random: Random, size: int) -> bytes:
    lines = [" ".join(random.choices(_SENTENCE.split(), k=11)) for _ in range(1000)]
    text = "\n".join(lines).encode() + b"\n"
    return text * (size // len(text) + 1)


def _parts(*parts: bytes, boundary: bytes) -> bytes:
    cut = b"".join(b"--%s\n%s\n" % (boundary, part) for part in parts)
    return b'Content-Type: multipart/mixed; boundary="%s"\n\n%s--%s--\n' % (boundary, cut, boundary)


def _file(random: Random, size: int) -> bytes:
    return b"Content-Type: application/pdf\n" + _BASE64 + b"\n" + base64.encodebytes(random.randbytes(size * 3 // 4))


def _attachment(random: Random, size: int) -> bytes:
    return _HEAD + _parts(_TEXT + b"Here they are.\n", _file(random, size), boundary=b"=_a")


def _plain(random: Random, size: int) -> bytes:
    return _HEAD + _TEXT + _lines(random, size)


def _encoded(random: Random, size: int) -> bytes:
    return _HEAD + _BASE64 + _TEXT + base64.encodebytes(_lines(random, size * 3 // 4))


def _html(random: Random, size: int) -> bytes:
    body = _lines(random, size).replace(b"\n", b"</p>\n<p>")
    return _HEAD + b"Content-Type: text/html; charset=utf-8\n\n<html><body><p>" + body


def _nested(random: Random, size: int) -> bytes:
    parts = [
        _parts(_TEXT + b"See below.\n", _file(random, size // 10), boundary=b"=_%d" % number) for number in range(10)
    ]
    return _HEAD + _parts(*parts, boundary=b"=_all")


_KINDS: dict[str, Callable[[Random, int], bytes]] = {
    "an attachment": _attachment,
    "text": _plain,
    "text in base64": _encoded,
    "HTML": _html,
    "nested parts": _nested,
}
