"""Invented people for the demonstration: French and English, at the simulated receivers; the same for the same seed."""

import csv
import json
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

from rebond.simulate.behaviour import fraction
from rebond.simulate.visitors import Visitor

COLUMNS = ("id", "email", "first_name", "last_name", "language", "city")
# People whose address asks the simulator for something, so that a small run shows everything too.
_SHOWN = ("full", "unknown", "later-unknown", "later-full", "complain", "ooo", "soft", "spam", "weird", "grey")


def write_people(path: Path, *, number: int, seed: int) -> None:
    """Write `number` people as CSV: some share an address, some have none, or one that is impossible."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_people(number, seed=seed))


def write_few_without_city(path: Path, *, first: int, seed: int) -> None:
    """Write three people without the column `city`: a message that names it cannot be built for them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS[:-1])
        writer.writerows(person[:-1] for person in _people(3, seed=seed, first=first))


def write_history(path: Path, *, now: datetime, seed: int) -> None:
    """Write what is known of some addresses from the past, as events: dead, complained, and nearly given up."""
    people = [row for row in _people(200, seed=seed) if _plain(row[1])]
    dead, complained, full = people[:12], people[12:16], people[16:22]
    month = now - timedelta(days=40)
    events = [_event(row[1], "failure", month, text="550 5.1.1 User unknown") for row in dead]
    events += [_event(row[1], "complaint", now - timedelta(days=25)) for row in complained]
    events += [
        _event(row[1], "failure", now - timedelta(days=20 - 2 * day), text="452 4.2.2 The mailbox is over quota")
        for row in full
        for day in range(5)
    ]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


def visitors(number: int, *, seed: int) -> list[Visitor]:
    """Invent people whom nobody knows yet, at the same receivers."""
    known = (row for row in _people(2 * number, seed=seed, first=900_001) if _plain(row[1]))
    return [Visitor(row[1], row[2], row[4], row[5]) for row in islice(known, number)]


def _event(address: str, event: str, at: datetime, **more: str) -> dict[str, Any]:
    occurred_at = at.replace(microsecond=0).isoformat()
    return {"channel": "email", "address": address, "event": event, "occurred_at": occurred_at, **more}


def _plain(address: str) -> bool:
    return "@" in address and not address.startswith(_SHOWN)


def _people(number: int, *, seed: int, first: int = 1) -> Iterator[Sequence[str]]:
    words = tomllib.loads(files("rebond.data").joinpath("demo/people.toml").read_text("utf-8"))
    for place in range(first, first + number):
        language = "fr" if fraction(seed, "language", place) < 0.6 else "en"
        name = _pick(words["first_names"][language], seed, "first", place)
        family = _pick(words["last_names"][language], seed, "last", place)
        domain = _weighted(words["domains"][language], fraction(seed, "domain", place))
        address = _address(place, name, family, domain)
        city = _pick(words["cities"][language], seed, "city", place)
        yield f"P{place:06}", address, name, family, language, city


def _address(place: int, name: str, family: str, domain: str) -> str:
    if place % 211 == 0:
        return ""
    if place % 307 == 0:
        return f"{_ascii(name)} at {domain}"
    if place % 131 in (0, 130):
        # Two people with one mailbox, written differently.
        shared = f"family.{(place + 1) // 131}@gmail.sim.example"
        return shared if place % 131 else shared.upper()
    local = f"{_ascii(name)}.{_ascii(family)}{place}".lower()
    if place <= len(_SHOWN) * 2 and place % 2:
        return f"{_SHOWN[place // 2]}-{place}@{domain}"
    return f"{local}@{domain}"


def _pick(words: Sequence[str], *parts: object) -> str:
    return words[int(fraction(*parts) * len(words))]


def _weighted(weights: Mapping[str, int], point: float) -> str:
    left = point * sum(weights.values())
    for name, weight in weights.items():
        left -= weight
        if left < 0:
            return name
    return next(iter(weights))


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
