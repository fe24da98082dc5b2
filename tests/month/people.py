"""The people of the month as their makers know them, with the addresses that they share, change and mistype."""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.month.raw import rows

DOMAINS = (
    "gmail.sim.example",
    "outlook.sim.example",
    "yahoo.sim.example",
    "orange.sim.example",
    "exchange.sim.example",
    "postfix.sim.example",
    "qmail.sim.example",
    "generic.sim.example",
    "liar.sim.example",
    "liar.sim.example",
)


@dataclass(slots=True)
class Person:
    """One profile: `key` is None where the text is no possible address; `nick` is what some have not."""

    id: str
    text: str
    nick: bool
    profile: int = 0
    denied: set[str] = field(default_factory=set)

    @property
    def key(self) -> str | None:
        text = self.text.strip()
        return text.lower() if text.count("@") == 1 and " " not in text else None


class Population:
    """Everybody, by external id."""

    def __init__(self, number: int, *, chance: random.Random, folder: Path) -> None:
        self.people = {f"P{place}": self._make(place, chance) for place in range(number)}
        self.by_profile: dict[int, Person] = {}
        self._folder = folder
        self._files = 0

    def _make(self, place: int, chance: random.Random) -> Person:
        return Person(f"P{place}", self.invent(place, chance), nick=chance.random() < 0.97)

    def invent(self, place: int, chance: random.Random) -> str:
        """Make an address: most of their own, some shared and written in several ways, some none at all."""
        drawn = chance.random()
        if drawn < 0.02:
            return ""
        if drawn < 0.03:
            return f"someone {place} at {chance.choice(DOMAINS)}"
        if drawn < 0.12:
            shared = f"family{chance.randrange(1 + place // 6)}@{chance.choice(DOMAINS[:3])}"
            return shared.upper() if chance.random() < 0.5 else shared
        return f"person{place}.{chance.randrange(1000)}@{chance.choice(DOMAINS)}"

    def file(self, people: Iterable[Person], *, names: bool) -> Path:
        """Write a file of people; without names it holds nothing but their address."""
        self._files += 1
        path = self._folder / f"people-{self._files}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for person in people:
                row = {"id": person.id, "email": person.text}
                if names:
                    row |= {"first_name": f"Anna {person.id}"} | ({"nick": "Nan"} if person.nick else {})
                file.write(json.dumps(row) + "\n")
        return path

    def learn_numbers(self) -> None:
        """Find out which numbers the profiles were given."""
        for profile, external_id in rows("SELECT id, external_id FROM profile"):
            person = self.people[external_id]
            person.profile = profile
            self.by_profile[profile] = person
