"""The drawn flows of the documentation: sending, a return, the states of an address, trust."""

from rebond.core.words import AddressStatus, Trust
from reference.drawing import Arrow, Box, draw

_V, _E, _Q, _D, _A = AddressStatus
# Every way that needs no person: from, to, and how it is drawn. A test compares it with the table of transitions.
STATE_ARROWS: dict[tuple[AddressStatus, AddressStatus], Arrow] = {
    (_V, _E): Arrow([(200, 232), (400, 232)], ["soft, and it counts"], (300, 224)),
    (_E, _V): Arrow([(400, 258), (200, 258)], ["delivered", "confirmed", "30 days after a full mailbox"], (300, 276)),
    (_E, _E): Arrow([(440, 218), (440, 180), (500, 180), (500, 218)], ["counts again"], (470, 172)),
    (_E, _Q): Arrow([(560, 245), (760, 245)], ["hard", "or the fifth that counts"], (660, 219)),
    (_V, _Q): Arrow([(150, 218), (150, 125), (820, 125), (820, 218)], ["hard"], (480, 117)),
    (_Q, _V): Arrow(
        [(880, 218), (880, 65), (90, 65), (90, 218)],
        ["delivered, if soft failures put it there; confirmed; 30 days after a full mailbox"],
        (480, 57),
    ),
    (_V, _D): Arrow([(150, 270), (150, 412), (400, 412)], ["complaint, STOP"], (275, 404)),
    (_E, _D): Arrow([(480, 270), (480, 400)], ["complaint, STOP"], (490, 350), "start"),
    (_Q, _D): Arrow([(840, 270), (840, 426), (560, 426)], ["complaint, STOP"], (700, 418)),
    (_D, _V): Arrow(
        [(400, 438), (90, 438), (90, 270)], ["confirmed, unless by complaint", "START, if STOP did it"], (245, 456)
    ),
    (_A, _D): Arrow([(480, 540), (480, 452)], ["complaint, STOP"], (490, 500), "start"),
}


def states() -> str:
    """Draw how the status of an address changes by itself."""
    boxes = [
        Box(60, 218, 140, "valid", ["is written to"], "good"),
        Box(400, 218, 160, "erroneous", ["is written to"], "wait"),
        Box(760, 218, 150, "quarantined", ["is left out"], "bad"),
        Box(400, 400, 160, "denylisted", ["is left out"], "bad"),
        Box(400, 540, 160, "allowlisted", ["is written to"], "good"),
        Box(
            600,
            520,
            350,
            "",
            ["A person may release, quarantine, denylist", "or allowlist any address, with a reason."],
            "note",
        ),
    ]
    return draw(
        "How the status of an address changes", width=980, height=620, boxes=boxes, arrows=list(STATE_ARROWS.values())
    )


def sending() -> str:
    """Draw a delivery from its target to what became of each message."""
    boxes = [
        Box(30, 30, 190, "target", ["everybody, or a file"], "start"),
        Box(300, 30, 250, "rebond delivery prepare", ["one message or one exclusion", "for each profile"]),
        Box(
            640,
            20,
            310,
            "exclusion, with its reason",
            ["denylisted, quarantined, duplicate,", "empty or impossible address"],
            "bad",
        ),
        Box(640, 100, 310, "production error", ["it cannot be built for this profile"], "bad"),
        Box(300, 170, 250, "message: pending", ["due now, or at its next attempt"], "wait"),
        Box(
            300,
            290,
            250,
            "rebond delivery send",
            ["looks at the address once more,", "then hands it to the relay"],
        ),
        Box(640, 190, 310, "excluded late, or cancelled", ["quarantined or opted out meanwhile"], "bad"),
        Box(30, 430, 230, "failed", ["refused for good,", "or validity is over"], "bad"),
        Box(300, 430, 250, "delivered", ["the receiving side took it"], "good"),
        Box(
            640,
            300,
            310,
            "the relay is at fault",
            ["no attempt is used, nothing counts,", "it is left alone for a while"],
            "wait",
        ),
        Box(640, 420, 310, "delivered, and returned later", ["a bounce told so afterwards"], "bad"),
    ]
    arrows = [
        Arrow([(220, 57), (300, 57)]),
        Arrow([(550, 45), (640, 45)]),
        Arrow([(550, 75), (595, 75), (595, 122), (640, 122)]),
        Arrow([(425, 100), (425, 170)]),
        Arrow([(425, 222), (425, 290)], ["claimed, a few at a time"], (415, 260), "end"),
        Arrow([(550, 305), (595, 305), (595, 215), (640, 215)]),
        Arrow([(550, 330), (640, 330)]),
        Arrow([(640, 350), (610, 350), (610, 196), (550, 196)], dashed=True),
        Arrow([(340, 360), (340, 395), (145, 395), (145, 430)], ["550 …"], (240, 388)),
        Arrow([(425, 360), (425, 430)], ["250 …"], (433, 400), "start"),
        Arrow(
            [(300, 325), (145, 325), (145, 196), (300, 196)],
            ["452 …: again after 1 hour, five times,", "then after a day, four times"],
            (20, 345),
            "start",
        ),
        Arrow([(550, 455), (640, 455)]),
    ]
    return draw("What becomes of a message", width=980, height=510, boxes=boxes, arrows=arrows)


def returned() -> str:
    """Draw a return from its arrival to the state of an address."""
    boxes = [
        Box(30, 20, 280, "a returned mail", ["LMTP, Maildir, mbox, files, a pipe"], "start"),
        Box(350, 20, 270, "the answer to our attempt", ["what the relay says of one recipient"], "start"),
        Box(660, 20, 290, "an event", ["what another sender tells"], "start"),
        Box(30, 110, 280, "stored, then acknowledged", ["the same one again has no effect"]),
        Box(30, 200, 280, "read", ["which kind, whom it names,", "which codes, which text"]),
        Box(30, 308, 280, "attributed", ["which message of ours it is about,", "and how surely: its trust"]),
        Box(30, 440, 280, "unattributed", ["listed with why; acts on nothing", "until a person accepts it"], "wait"),
        Box(350, 308, 270, "qualified", ["a rule knows the text, or its codes", "do; otherwise it is not_defined"]),
        Box(660, 308, 290, "verdict", ["type, reason, cause, owner,", "and the rule that gave them"]),
        Box(660, 440, 290, "evidence", ["kept once, whatever the order"]),
        Box(350, 440, 270, "fold", ["all the evidence, in order of time,", "under the policy"]),
        Box(350, 560, 270, "the state of the address", ["rebond why shows the arithmetic"], "good"),
        Box(660, 560, 290, "the next preparation", ["writes to it, or leaves it out"], "good"),
    ]
    arrows = [
        Arrow([(170, 72), (170, 110)]),
        Arrow([(170, 162), (170, 200)]),
        Arrow([(170, 270), (170, 308)]),
        Arrow([(170, 378), (170, 440)], ["less than its way in requires"], (178, 414), "start"),
        Arrow([(310, 343), (350, 343)]),
        Arrow([(485, 72), (485, 308)]),
        Arrow([(760, 72), (760, 190), (560, 190), (560, 308)], ["with a text"], (660, 182)),
        Arrow([(850, 72), (850, 308)], ["with a verdict"], (858, 182), "start"),
        Arrow([(620, 343), (660, 343)]),
        Arrow([(805, 378), (805, 440)]),
        Arrow([(660, 466), (620, 466)]),
        Arrow([(485, 510), (485, 560)]),
        Arrow([(620, 586), (660, 586)]),
        Arrow([(310, 490), (350, 490)], dashed=True),
    ]
    return draw("What becomes of a return", width=980, height=630, boxes=boxes, arrows=arrows)


def trust() -> str:
    """Draw how surely a returned mail speaks of one of our messages, and what that decides."""
    low, middle, high = Trust
    nothing = ["no_token, forged_token,", "expired_token,", "unknown_message,", "other_recipient"]
    gate = ["yes: it becomes evidence", "no: rebond returns unattributed lists it, with why"]
    boxes = [
        Box(
            x=300,
            y=20,
            width=340,
            title="Does it carry a token that we signed,",
            lines=["not older than 30 days,", "for a message that was tried?"],
            kind="start",
        ),
        Box(300, 150, 340, "Is its envelope's sender empty?", ["or not known; a complaint may have one"], "start"),
        Box(300, 270, 340, "Does it name a Message-ID that we sent,", ["and that message's own recipient?"], "start"),
        Box(720, 30, 230, high, ["it acts on the address", "of that message, no other"], "good"),
        Box(720, 272, 230, middle, ["it acts on that recipient"], "good"),
        Box(20, 160, 210, low, ["sender_not_null"], "bad"),
        Box(20, 250, 210, low, nothing, "bad"),
        Box(240, 390, 460, "At least what its way in requires (matched)?", gate),
    ]
    arrows = [
        Arrow([(640, 57), (720, 57)], ["yes"], (680, 50)),
        Arrow([(470, 90), (470, 150)], ["no"], (478, 124), "start"),
        Arrow([(300, 180), (230, 180)], ["no"], (265, 173)),
        Arrow([(470, 202), (470, 270)], ["yes"], (478, 240), "start"),
        Arrow([(640, 298), (720, 298)], ["yes"], (680, 291)),
        Arrow([(300, 298), (230, 298)], ["no"], (265, 291)),
        Arrow([(835, 324), (835, 425), (700, 425)]),
        Arrow([(125, 356), (125, 425), (240, 425)]),
        Arrow([(20, 186), (8, 186), (8, 440), (240, 440)]),
    ]
    return draw("How surely a return speaks of a message of ours", width=980, height=480, boxes=boxes, arrows=arrows)
