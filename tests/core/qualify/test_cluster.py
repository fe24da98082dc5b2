"""Texts that say the same come together, and never with others."""

import random
from itertools import cycle

from rebond.core.qualify.cluster import Text, clusters, telling_words
from rebond.core.qualify.normalise import template
from rebond.core.words import Channel

# Fifty things that servers say, with what each is about.
SAID = tuple(
    line.split("|")
    for line in """
user|550 5.1.1 The account {name} could not be located on this system
user|550 No such person at this address, said {host}
user|550 5.1.1 Recipient {name} is not registered here
user|553 sorry, there is nobody called {name} in our directory
user|550 Unknown local part {name} in delivery request
user|550 5.1.6 {name} has moved and left nothing behind
user|Der Empfänger {name} ist bei uns nicht bekannt
user|L'utilisateur {name} n'existe pas chez nous
user|El usuario {name} no existe en este servidor
user|550 Mailbox {name} has been removed for ever by its owner
full|452 4.2.2 The mailbox of {name} holds too much already
full|552 5.2.2 Quota used up for {name}, try later
full|Das Postfach von {name} ist voll
full|La boîte de {name} est pleine
full|552 Storage of {name} exceeded by {number} bytes
full|La casella di {name} è piena
full|552 5.3.4 no space left for {name} on volume {number}
disabled|550 5.2.1 The account {name} has been suspended
disabled|554 {name} was deactivated after long inactivity
disabled|Le compte {name} est désactivé depuis longtemps
disabled|550 Login of {name} is locked until further notice
disabled|550 Account {name} expired on its last day
domain|550 5.4.4 Host {host} has no mail exchanger
domain|553 Domain of {name} cannot be resolved
domain|550 The zone {host} does not exist any more
domain|550 5.1.2 {host} refuses all mail by its null exchanger
spam|554 5.7.1 Message looks like spam, said {host}
spam|550 Content score {number} is above the limit
spam|554 Our filter found junk in {id}
spam|550 5.7.1 Bulk mail detected by {host}
blocked|554 5.7.1 Client {ip} is listed by {host}
blocked|550 Your network {ip} is on our blocklist
blocked|421 4.7.0 Too many connections from {ip}
blocked|550 5.7.1 The reputation of {ip} is poor
blocked|451 {ip} is sending too fast, slow down
auth|550 5.7.26 {host} fails alignment checks
auth|550 SPF check failed for {host}
auth|550 5.7.20 no passing signature found for {id}
auth|554 Reverse lookup of {ip} failed
relay|550 5.7.1 Relaying denied for {name}
relay|554 We do not relay for {host}
size|552 5.3.4 Message of {number} bytes is too big
size|552 Size limit of {number} exceeded by {id}
down|451 4.3.0 Temporary lookup failure, id {id}
down|421 {host} closing connection after timeout
down|450 Greylisted for {number} seconds
down|451 4.4.1 {host} could not be reached
down|451 Local error in processing {id}
down|432 4.3.2 System {host} is being maintained
down|450 4.7.1 Come back later, ticket {id}
""".strip().splitlines()
)
RULES = telling_words(said.replace("{", " ").replace("}", " ") for _, said in SAID)
_FIRST = "anna bob carl dora emil fay gus hans ines jo kim lea max nora otto pia quentin rosa sven tom"
NAMES = _FIRST.split()


def variants(number: int, *, seed: int = 1) -> tuple[list[Text], dict[int, str]]:
    """Make variants of the templates as servers would: names, hosts, numbers and ids of all kinds."""
    chance = random.Random(seed)
    texts, about = [], {}
    for place, (reason, said) in zip(range(number), cycle(SAID), strict=False):
        raw = said.format(
            name=chance.choice(NAMES).capitalize() + chance.choice(["", "", "-Maria", "X"]),
            host=f"{chance.choice(NAMES)}.{chance.choice(['mail', 'mx', 'web'])}.example",
            ip=".".join(str(chance.randrange(256)) for _ in range(4)),
            number=chance.randrange(10**6),
            id="".join(chance.choices("ABCDEFGHKMNPRSTU", k=10)),
        )
        texts.append(Text(place, Channel.EMAIL, template(raw), chance.randrange(1, 50)))
        about[place] = reason
    return texts, about


def test_ten_thousand_variants_of_fifty_templates_come_to_sixty_clusters_at_most() -> None:
    texts, about = variants(10_000)
    found = clusters(texts, telling=RULES)
    assert 50 <= len(found) <= 60
    assert not [group for group in found if len({about[number] for number in group}) > 1]
    assert sorted(number for group in found for number in group) == list(range(10_000))


def test_the_order_does_not_matter() -> None:
    texts, _ = variants(500)
    mixed = list(texts)
    random.Random(7).shuffle(mixed)
    assert clusters(mixed, telling=RULES) == clusters(texts, telling=RULES)


def test_codes_channels_negations_and_telling_words_keep_texts_apart() -> None:
    said = [
        "550 5.1.1 the box of * is odd",
        "550 5.2.1 the box of * is odd",
        "550 5.1.1 the box of * is not odd",
        "550 5.1.1 the box of * is full",
        "550 5.1.1 the box of * is odd",
    ]
    texts = [Text(place, Channel.EMAIL, text) for place, text in enumerate(said[:4])]
    texts.append(Text(4, Channel.SMS, said[4]))
    assert len(clusters(texts, telling=telling_words(["(?i)is full"]))) == 5


def test_texts_without_telling_words_must_be_more_alike() -> None:
    said = ("zorglub finds the moon wrong today", "zorglub finds me odd")
    texts = [Text(place, Channel.EMAIL, text) for place, text in enumerate(said, 1)]
    assert len(clusters(texts, telling=frozenset())) == 2
    alike = [Text(3, Channel.EMAIL, "zorglub finds the moon wrong tonight", 9), texts[0]]
    assert clusters(alike, telling=frozenset()) == [(3, 1)]
    wide = [Text(1, Channel.EMAIL, "ящик Анна переполнен"), Text(2, Channel.EMAIL, "ящик Борис переполнен")]
    assert clusters(wide, telling=telling_words(["переполнен"])) == [(1, 2)]
