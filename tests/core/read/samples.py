"""What each invented sample must read as: one row a file of tests/samples."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "samples"


@dataclass(frozen=True, slots=True)
class Sample:
    """A file (without `.eml`), its kind, and its facts as (recipient, action, code, enhanced, words in the text)."""

    name: str
    kind: str
    facts: tuple[tuple[str, str, int, str, str], ...] = ()

    @property
    def raw(self) -> bytes:
        return (FOLDER / f"{self.name}.eml").read_bytes()


def _failed(recipient: str, code: int, enhanced: str, words: str) -> tuple[str, str, int, str, str]:
    return (recipient, "failed", code, enhanced, words)


def _delayed(recipient: str, code: int, enhanced: str, words: str) -> tuple[str, str, int, str, str]:
    return (recipient, "delayed", code, enhanced, words)


_PIA = (_failed("pia@hazel.example", 550, "5.1.1", "User unknown"),)

BOUNCES = (
    Sample("postfix/01", "dsn", (_failed("ada@maple.example", 550, "5.1.1", "unknown in virtual mailbox table"),)),
    Sample("postfix/02", "bounce", (_failed("bo@birch.example", 0, "", "Host not found"),)),
    Sample("postfix/03", "dsn", (_failed("cleo@oak.example", 552, "5.2.2", "over its quota"),)),
    Sample("postfix/04", "delayed", (_delayed("dan@elm.example", 0, "4.4.1", "Connection timed out"),)),
    Sample("postfix/05", "delivered", (("eve@fir.example", "relayed", 250, "2.0.0", "Ok"),)),
    Sample(
        "postfix/06",
        "dsn",
        (
            _failed("fay@pine.example", 421, "4.7.0", "Too many connections"),
            _failed("gus@pine.example", 550, "5.0.0", "No such user"),
        ),
    ),
    Sample(
        "qmail/01",
        "bounce",
        (
            _failed("hal@cedar.example", 550, "5.1.1", "unknown account"),
            _failed("ida@cedar.example", 552, "", "over quota"),
        ),
    ),
    Sample("qmail/02", "bounce", (_failed("jean@tilleul.example", 0, "5.1.1", "aucune boîte de ce nom"),)),
    Sample(
        "exim/01",
        "bounce",
        (
            _failed("kim@ash.example", 550, "5.1.1", "Recipient unknown"),
            _failed("leo@ash.example", 550, "5.2.1", "account is disabled"),
        ),
    ),
    Sample("exim/02", "bounce", (_failed("mia@beech.example", 0, "", "retry timeout exceeded"),)),
    Sample("exim/03", "delayed", (_delayed("ned@alder.example", 451, "4.7.1", "Greylisting"),)),
    Sample("exim/04", "bounce", (_failed("olga@office.example", 0, "", "mailbox is full"),)),
    Sample("sendmail/01", "dsn", _PIA),
    Sample("sendmail/02", "bounce", _PIA),
    Sample("sendmail/03", "dsn", _PIA),
    Sample("sendmail/04", "dsn", _PIA),
    Sample("sendmail/05", "delayed", (_delayed("quinn@rowan.example", 0, "", "Connection refused"),)),
    Sample("exchange/01", "bounce", (_failed("roy@yew.example", 0, "", "recipient name is not recognized"),)),
    Sample("exchange/02", "bounce", (_failed("sue@acacia.example", 550, "5.1.10", "RecipientNotFound"),)),
    Sample("exchange/03", "dsn", (_failed("tim@palm.example", 554, "5.2.2", "mailbox full"),)),
    Sample("exchange/04", "bounce", (_failed("uma@olive.example", 554, "5.2.2", "mailbox full"),)),
    Sample("domino/01", "bounce", (_failed("vic@poplar.example", 0, "", "not listed in Domino Directory"),)),
    Sample("notes/01", "bounce", (_failed("wen@sakura.example", 0, "", "ディレクトリのリストにありません"),)),
    Sample("yahoo/01", "bounce", (_failed("xia@yahoo.example", 554, "", "doesn't have a yahoo.example account"),)),
    Sample("aol/01", "bounce", (_failed("yaelsmith@aol.example", 0, "", "not accepting mail with attachments"),)),
    Sample("gmail/01", "bounce", (_failed("zoe@spruce.example", 550, "5.2.1", "is disabled"),)),
    Sample("gmail/02", "delayed", (_delayed("abe@sumac.example", 0, "", "did not accept our requests"),)),
    Sample("gmail/03", "dsn", (_failed("bea@linden.example", 550, "5.1.1", "Please try double-checking"),)),
    Sample(
        "opensmtpd/01",
        "bounce",
        (
            _failed("cal@juniper.example", 550, "5.1.1", "no such mailbox"),
            _failed("deb@juniper.example", 0, "", "Network error"),
        ),
    ),
    Sample("dragonfly/01", "bounce", (_failed("eli@laurel.example", 550, "5.7.1", "Relay access denied"),)),
    Sample("courier/01", "bounce", (_failed("flo@myrtle.example", 550, "5.1.1", "User Unknown"),)),
    Sample("zoho/01", "bounce", (_failed("gil@bamboo.example", 550, "5.1.1", "unknown mailbox"),)),
    Sample("imail/01", "bounce", (_failed("hugo@clover.example", 550, "", "not local host"),)),
    Sample("mailmarshal/01", "bounce", (_failed("ivy@fern.example", 550, "5.7.1", "refused by policy"),)),
    Sample("gmx/01", "bounce", (_failed("jan@heather.example", 550, "", "mailbox unavailable"),)),
    Sample("trend/01", "bounce", (_failed("kay@ivy.example", 550, "5.1.1", "unknown user"),)),
    Sample("vendor/01", "bounce", (_failed("lev@lotus.example", 0, "", "почтовый ящик переполнен"),)),
    Sample("vendor/02", "bounce", (_failed("mei@jade.example", 550, "", "用户不存在"),)),
    Sample("vendor/03", "bounce", (_failed("nat@orchid.example", 0, "", "not a valid user"),)),
    Sample("vendor/04", "bounce", (_failed("15550001111@carrier.example", 550, "", "no such user here"),)),
    Sample("vendor/05", "bounce", (_failed("ole@klee.example", 0, "", "Das Postfach ist gesperrt"),)),
    Sample("ses/01", "bounce", (_failed("pam@moss.example", 550, "5.1.1", "user unknown"),)),
    Sample("ses/03", "delivered", (("sam@moss.example", "delivered", 0, "", ""),)),
    Sample(
        "rfc3464/01",
        "dsn",
        (
            _failed("uno@reports.example", 550, "5.2.1", "disabled, this line lost its fold"),
            ("two@reports.example", "relayed", 0, "2.1.9", ""),
            _failed("three@reports.example", 0, "5.4.4", ""),
        ),
    ),
    Sample("rfc3464/02", "dsn", (_failed("four@reports.example", 0, "4.0.0", ""),)),
    Sample("rfc6533/01", "dsn", (_failed("éric@café.example", 550, "5.1.1", "unknown"),)),
)
_LANGUAGES = "en fr de es it nl pt pl cs sv da no fi ru ja zh ko tr header null suppress precedence thanks"
ANSWERS = (
    *(Sample(f"auto_reply/{number:02}-{what}", "auto_reply") for number, what in enumerate(_LANGUAGES.split(), 1)),
    Sample("challenge/01", "challenge"),
    Sample("challenge/02", "challenge"),
    Sample("challenge/03", "challenge"),
    Sample("mdn/01", "read_receipt"),
    Sample("mdn/02", "read_receipt"),
)
COMPLAINTS = {
    "arf/01": ("abuse", ("tess@reed.example",)),
    "arf/02": ("abuse", ()),
    "arf/03": ("auth-failure", ("ursa@reed.example",)),
    "arf/04": ("opt-out", ("vera@reed.example",)),
    "jmrp/01": ("abuse", ("will@outlook.example",)),
    "xarf/01": ("abuse", ("xena@isp.example",)),
    "ses/02": ("abuse", ("ray@moss.example",)),
}
UNSUBSCRIBES = ("unsubscribe/01", "unsubscribe/02", "unsubscribe/03")
ORDINARY = tuple(f"other/{number:02}" for number in range(1, 15))


def all_names() -> set[str]:
    """Every sample that a test expects something of."""
    return {sample.name for sample in (*BOUNCES, *ANSWERS)} | {*COMPLAINTS, *UNSUBSCRIBES, *ORDINARY}


def raw(name: str) -> bytes:
    return (FOLDER / f"{name}.eml").read_bytes()
