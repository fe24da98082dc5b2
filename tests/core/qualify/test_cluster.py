"""Texts that say the same come together, and never with others."""

import random
from itertools import cycle

from rebond.core.qualify.cluster import Text, clusters, telling_words
from rebond.core.qualify.normalise import template
from rebond.core.words import Channel
from rebond.packs import default_qualifier

# Fifty things that servers say, with what each is about; many are alike and mean something else. `//`: said either way.
SAID = tuple(
    line.split("|", 1)
    for line in """
user|550 5.1.1 <{address}>: the zorb user is unknown here // 550 5.1.1 <{address}>: the zorb user is not known here
full|550 5.1.1 <{address}>: the zorb user is over quota here
disabled|550 5.1.1 <{address}>: the zorb user is suspended here
user|550 Recipient {name} rejected: no such user on {host} // 550 No such user on {host}: recipient {name} rejected
full|550 Recipient {name} rejected: no room left on {host}
blocked|550 Recipient {name} rejected: sender on blocklist of {host}
user|554 delivery to {address} failed: account does not exist (session {id})
disabled|554 delivery to {address} failed: account is disabled // 554 account is disabled: delivery to {address} failed
full|554 delivery to {address} failed: account is full (session {id})
down|554 delivery to {address} failed: account server down (session {id})
user|553 sorry, there is nobody called {name} in our directory
user|550 5.1.6 {name} has moved and left nothing behind
user|Der Empfänger {name} ist bei uns nicht bekannt
full|Das Postfach des Empfängers {name} ist bei uns voll
disabled|Das Postfach des Empfängers {name} ist bei uns gesperrt
user|L'utilisateur {name} n'existe pas chez nous
full|La boîte de l'utilisateur {name} est pleine chez nous
disabled|Le compte de l'utilisateur {name} est désactivé chez nous
user|El usuario {name} no existe en este servidor
full|El buzón del usuario {name} está lleno en este servidor
user|550 Mailbox {name} has been removed for ever by its owner
full|452 4.2.2 The mailbox of {name} holds too much already
full|552 5.2.2 Quota used up for {name} since {date}
full|552 Storage of {name} exceeded by {number} bytes
full|La casella di {name} è piena
user|La casella di {name} non esiste
disabled|554 {name} was deactivated after long inactivity on {date}
domain|550 5.4.4 Host {host} has no mail exchanger
down|550 5.4.4 Host {host} has no answer for us
domain|553 Domain of {name} cannot be resolved
domain|550 The zone {host} does not exist any more
spam|554 5.7.1 Message {id} looks like spam, said {host}
virus|554 5.7.1 Message {id} looks like a virus, said {host}
spam|550 Content score {number} is above the limit
size|550 Message size {number} is above the limit
blocked|554 5.7.1 Client {ip} is listed by {host}
auth|554 5.7.1 Client {ip} is not authenticated by {host}
blocked|550 Your network {ip} is on our blocklist
blocked|421 4.7.0 Too many connections from {ip}
size|421 4.7.0 Too many recipients from {ip}
blocked|550 5.7.1 The reputation of {ip} is poor
auth|550 5.7.26 {host} fails alignment checks
auth|550 SPF check failed for {host}
relay|550 5.7.1 Relaying denied for {name}
user|550 5.7.1 Address denied for {name}
down|451 4.3.0 Temporary lookup failure, id {id}
down|421 {host} closing connection after timeout
down|450 Greylisted for {number} seconds
user|名前 {name} のユーザーは存在しません
full|名前 {name} のユーザーは容量を超えています
""".strip().splitlines()
)
TELLING = telling_words(rule.text for rule in default_qualifier().engine.pack.rules)
_FIRST = "anna bob carl dora emil fay gus hans ines jo kim lea max nora otto pia quentin rosa sven tom"
NAMES = _FIRST.split()
BEFORE = ("", "", "", "Error: ", "sorry, ", "Remote said: ", "host says: ")
AFTER = (
    *("", "", ".", "!", " (#{number})", " - {id}", " Please see https://{host}/{id}"),
    " Contact postmaster@{host} with the id {id} and the date {date} if you think this is wrong",
)


def filled(said: str, chance: random.Random) -> str:
    """Put names, addresses, hosts, numbers, ids and dates into a text."""
    host = f"{chance.choice(NAMES)}.{chance.choice(['mail', 'mx', 'web'])}.example"
    name = chance.choice(NAMES)
    day, clock = f"{chance.randrange(1, 29)} {chance.choice(['Jan', 'Feb', 'Mar'])} 2026", chance.randrange(60)
    return said.format(
        name=name.capitalize() + chance.choice(["", "", "-Maria", "X"]),
        address=f"{name}.{chance.randrange(99)}@{host}",
        host=host,
        ip=".".join(str(chance.randrange(256)) for _ in range(4)),
        number=chance.randrange(10**6),
        id="".join(chance.choices("ABCDEFGHKMNPRSTU0123456789", k=12)),
        date=f"{day} 07:{clock:02}:07 +0100",
    )


def worded(said: str, chance: random.Random) -> str:
    """Say a thing as servers would: in another order, with words before and behind, in capitals, cut off."""
    said, after = chance.choice(said.split(" // ")), chance.choice(AFTER)
    before = "" if said[0].isdigit() else chance.choice(BEFORE)
    text = filled(before + said + after, chance)
    if chance.random() < 0.1:
        text = text.upper()
    if after and chance.random() < 0.3:
        text = text[: len(text) - chance.randrange(len(after) // 2 + 1)]
    return text


def variants(number: int, *, seed: int = 1) -> tuple[list[Text], dict[int, str]]:
    """Make variants of the templates, with what each is about."""
    chance = random.Random(seed)
    texts, about = [], {}
    for place, (reason, said) in zip(range(number), cycle(SAID), strict=False):
        texts.append(Text(place, Channel.EMAIL, template(worded(said, chance)), chance.randrange(1, 50)))
        about[place] = reason
    return texts, about


def test_ten_thousand_variants_of_fifty_templates_come_to_sixty_clusters_at_most() -> None:
    assert len(SAID) == 50
    texts, about = variants(10_000)
    assert len({text.template for text in texts}) > 3_000
    found = clusters(texts, telling=TELLING)
    assert 50 <= len(found) <= 60
    assert not [group for group in found if len({about[number] for number in group}) > 1]
    assert sorted(number for group in found for number in group) == list(range(10_000))


def test_the_order_does_not_matter() -> None:
    texts, _ = variants(500)
    mixed = list(texts)
    random.Random(7).shuffle(mixed)
    assert clusters(mixed, telling=TELLING) == clusters(texts, telling=TELLING)


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
