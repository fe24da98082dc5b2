"""A delivery sent over a socket, and forged returns handed in over another: nothing acts but the genuine ones."""

import smtplib
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.intake.commands import answer, lmtp, rows
from tests.receiving import receiving
from tests.services.forgery_mails import feedback, group, qmail, report, words
from tests.waiting import until

DOMAIN = "bounce.example"
PEOPLE = 12


class Receiver:
    """Takes every message, and keeps its return path, its Message-ID and the address at which to unsubscribe."""

    def __init__(self) -> None:
        self.paths: dict[str, str] = {}
        self.message_ids: dict[str, str] = {}
        self.leave: dict[str, str] = {}

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        (recipient,) = envelope.rcpt_tos
        content = envelope.content
        assert isinstance(content, bytes)
        headers = BytesHeaderParser().parsebytes(content)
        self.paths[recipient] = envelope.mail_from or ""
        self.message_ids[recipient] = headers["Message-ID"].strip("<>")
        self.leave[recipient] = headers["List-Unsubscribe"].strip("<>").removeprefix("mailto:").partition("?")[0]
        return "250 2.0.0 taken"


@pytest.fixture
def receiver() -> Iterator[tuple[Receiver, int]]:
    handler = Receiver()
    with receiving(handler) as port:
        yield handler, port


def _sent(data: Path, port: int) -> None:
    answer(data, "init")
    settings = f'[email]\nbounce_domain = "{DOMAIN}"\nsmtp_url = "smtp://127.0.0.1:{port}?tls=none"\n'
    (data / "rebond.toml").write_text(settings)
    people = data.parent / "people.csv"
    people.write_text("id,email\n" + "".join(f"{n},p{n}@example.org\n" for n in range(PEOPLE)))
    answer(data, "profiles", "import", people)
    (data.parent / "text.txt").write_text("Hello. {{ unsubscribe_url }}")
    create = ("delivery", "create", "--name", "A", "--from", "Shop <news@shop.example>", "--subject", "Hi")
    answer(data, *create, "--text-file", data.parent / "text.txt")
    answer(data, "delivery", "prepare", "1")
    assert answer(data, "delivery", "send", "1")["delivered"] == PEOPLE


def _swapped(path: str) -> str:
    head, token = path.split("@", maxsplit=1)[0].rsplit("+", 1)
    place = next(place for place in range(8, len(token)) if token[place] != token[place + 1])
    return f"{head}+{token[:place]}{token[place + 1]}{token[place]}{token[place + 2 :]}@{DOMAIN}"


def _forged(receiver: Receiver) -> list[tuple[str, str, bytes, str]]:
    """Sender, recipient, mail, and the address under which it is to be listed; p0 is the forger's own."""
    own, p1 = receiver.paths["p0@example.org"], receiver.paths["p1@example.org"]
    # A Message-ID of ours holds the token; this one only looks like it.
    p9_id = receiver.message_ids["p9@example.org"]
    p9_id = f"{p9_id[:8]}.{p9_id[8:]}"
    leave = receiver.leave["p0@example.org"]
    return [
        ("", f"b@{DOMAIN}", report(group("p1@example.org")), "p1@example.org"),
        ("", own, report(group("p1@example.org")), "p1@example.org"),
        ("", own, report(group("p0@example.org"), group("P2@EXAMPLE.ORG")), "P2@EXAMPLE.ORG"),
        ("", own.upper(), qmail("p3@example.org"), "p3@example.org"),
        ("", own, feedback("Original-Rcpt-To: p4@example.org"), "p4@example.org"),
        ("", _swapped(p1), report(group("p1@example.org"), boundary="swapped"), "p1@example.org"),
        ("", p1.replace("@", "x@"), report(group("p1@example.org"), boundary="longer"), "p1@example.org"),
        ("", p1[:12] + p1[14:], report(group("p1@example.org"), boundary="cut"), "p1@example.org"),
        ("x@evil.example", f"b@{DOMAIN}", qmail("p5@example.org"), "p5@example.org"),
        ("", f"fbl@{DOMAIN}", feedback("Original-Rcpt-To: p6@example.org"), "p6@example.org"),
        ("loop@evil.example", f"complaints@{DOMAIN}", feedback("Original-Rcpt-To: p7@example.org"), "p7@example.org"),
        ("", f"postmaster@{DOMAIN}", report(group("p8@example.org")), "p8@example.org"),
        ("", f"b@{DOMAIN}", report(group("p9@example.org"), returned=[f"Message-ID: <{p9_id}>"]), "p9@example.org"),
        ("p10@example.org", leave.replace("@", "a@"), words("", subject="unsubscribe"), "mailer-daemon@mx.example"),
        ("p10@example.org", f"unsubscribe+me@{DOMAIN}", words("x", subject="bye"), "mailer-daemon@mx.example"),
    ]


def _hand_over(port: int, mails: list[tuple[str, str, bytes, str]]) -> None:
    with smtplib.LMTP("127.0.0.1", port) as peer:
        for sender, recipient, raw, _ in mails:
            assert not peer.sendmail(sender, [recipient], raw)


def _states(data: Path) -> dict[str, str]:
    return {row["address"]: row["status"] for row in rows(data, "quarantine", "list")}


def test_forged_returns_over_lmtp_act_on_nobody_and_are_listed(tmp_path: Path, receiver: tuple[Receiver, int]) -> None:
    world, port = receiver
    data = tmp_path / "data"
    _sent(data, port)
    forged = _forged(world)
    with lmtp(data) as (_, listening):
        with smtplib.LMTP("127.0.0.1", listening) as peer:
            for nobody in ("p1@example.org", f"stranger@{DOMAIN}", f"x+{world.paths['p1@example.org']}"):
                with pytest.raises(smtplib.SMTPRecipientsRefused):
                    peer.sendmail("", [nobody], report(group("p1@example.org")))
        _hand_over(listening, forged)
        until(lambda: not rows(data, "returns", "list", "--state", "stored"))

        # The forger's own token is theirs to use, and theirs alone was hit.
        assert _states(data) == {"p0@example.org": "denylisted"}
        listed = rows(data, "returns", "unattributed")
        assert sorted(row["address"] for row in listed) == sorted(address for *_, address in forged)
        assert {row["source"] for row in listed} == {"lmtp"}
        counted = {row["why"]: row["number"] for row in rows(data, "returns", "unattributed", "--count")}
        assert sum(counted.values()) == len(forged)
        assert {"no_token", "other_recipient", "forged_token", "sender_not_null"} == set(counted)
        for number in (1, 4, 9):
            told = answer(data, "why", f"p{number}@example.org")
            assert told["status"] == "valid"
            assert {piece["why_not"] for piece in told["evidence"] if piece["event"] != "delivered"} == {"trust"}
        assert answer(data, "delivery", "report", "1")["returned"] == 1

        path = world.paths
        _hand_over(
            listening,
            [
                ("", path["p1@example.org"], report(group("p1@example.org")), ""),
                ("", path["p2@example.org"].upper(), report(group("p2@example.org")), ""),
                ("", path["p3@example.org"], qmail("p3@example.org"), ""),
                ("fbl@provider.example", path["p4@example.org"], feedback(), ""),
                ("p10@example.org", world.leave["p10@example.org"], words("", subject="unsubscribe"), ""),
            ],
        )
        until(lambda: not rows(data, "returns", "list", "--state", "stored"))
    quarantined = dict.fromkeys((f"p{number}@example.org" for number in (1, 2, 3)), "quarantined")
    assert _states(data) == {"p0@example.org": "denylisted", "p4@example.org": "denylisted", **quarantined}
    assert len(rows(data, "returns", "unattributed")) == len(forged)

    create = ("delivery", "create", "--name", "B", "--from", "Shop <news@shop.example>", "--subject", "Hi")
    answer(data, *create, "--text-file", data.parent / "text.txt")
    answer(data, "delivery", "prepare", "2")
    left_out = {row["address"]: row["reason"] for row in rows(data, "delivery", "exclusions", "2")}
    denied = dict.fromkeys((f"p{number}@example.org" for number in (0, 4, 10)), "denylisted")
    assert left_out == {**denied, **quarantined}
