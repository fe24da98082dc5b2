"""One SMTP connection: opened by aiosmtplib, then driven with as few round trips as the relay allows."""

import asyncio
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import aiosmtplib

from rebond.channels.email.settings import SmtpSettings
from rebond.channels.email.wire import LostError, Reply, Wire, one_line
from rebond.core.ports import OutcomeKind, Outgoing
from rebond.core.said import said
from rebond.core.words import Phase

_STRAY = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_XTEXT = re.compile(r"[^!-*,-<>-~]")
_NOT_ADDRESS = re.compile(r"[\x00-\x1f\x7f]")
_MAX_ENVELOPE_ID, _MAX_ORIGINAL = 100, 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a message, before the clock is read."""

    kind: OutcomeKind
    phase: Phase
    code: int
    text: str


class OpenError(Exception):
    """No connection could be opened; it concerns no recipient."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer


class StaleError(Exception):
    """A connection that had served before was gone, or asked to be left, before it took anything of this message."""


class Connection:
    """An open connection. `usable` says whether another message may follow; `served` counts those handed over."""

    def __init__(self, wire: Wire, *, extensions: frozenset[str], settings: SmtpSettings) -> None:
        self.usable = True
        self.served = 0
        self._wire = wire
        self._settings = settings
        self._pipelining = "pipelining" in extensions
        self._dsn = "dsn" in extensions
        self._utf8 = "smtputf8" in extensions
        self._eight_bit = "8bitmime" in extensions
        self._must_reset = False
        self._phase = Phase.MAIL_FROM

    @classmethod
    async def open(cls, settings: SmtpSettings, *, tls_context: ssl.SSLContext | None) -> "Connection":
        """Connect, greet, secure, sign in; raises OpenError with the phase and the words."""
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            timeout=settings.command_timeout,
            local_hostname=settings.hello,
            use_tls=settings.tls == "implicit",
            start_tls=False,
            tls_context=tls_context,
        )
        phase = Phase.CONNECT
        try:
            await client.connect(timeout=settings.connect_timeout)
            phase = Phase.HELLO
            await _secure(client, settings)
            phase = Phase.AUTH
            await _sign_in(client, settings)
            transport = client.transport
            if transport is None:
                raise aiosmtplib.SMTPServerDisconnected(said("the relay closed the connection"))
            wire = Wire(cast(asyncio.WriteTransport, transport))
            return cls(wire, extensions=frozenset(client.esmtp_extensions), settings=settings)
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            code = max(error.code, 0)
            text = one_line(code, error.message.split("\n")) if code else error.message
            raise OpenError(Answer(OutcomeKind.FAULT, phase, code, text)) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise OpenError(Answer(OutcomeKind.FAULT, phase, 0, str(error) or type(error).__name__)) from None
        except BaseException:
            client.close()
            raise

    @property
    def fresh(self) -> bool:
        """Tell whether the connection stands, belongs to the running loop, and nothing unasked-for came."""
        return self.usable and self._wire.quiet and self._wire.loop is asyncio.get_running_loop()

    async def hand_over(self, message: Outgoing) -> Answer:
        """Hand one message over; raises StaleError when it may be tried on a new connection as if nothing was."""
        reused, self.served = self.served > 0, self.served + 1
        if reused and not self.fresh:
            raise StaleError
        plain = message.sender.isascii() and message.recipient.isascii() and message.content.isascii()
        if not plain and not self._utf8:
            text = "553 5.6.7 The message has an address beyond ASCII, and the relay offers no SMTPUTF8 (RFC 6531)"
            return Answer(OutcomeKind.REFUSED, Phase.RCPT, 553, text)
        self.usable = False  # until it is known that it still is: a cancelled conversation cannot be gone on with
        self._phase = Phase.MAIL_FROM
        try:
            answer = await self._converse(message, utf8=not plain)
        except LostError as error:
            if reused and self._phase is Phase.MAIL_FROM and not error.timed_out:
                raise StaleError from None
            before = self._phase in {Phase.MAIL_FROM, Phase.RCPT}
            return Answer(OutcomeKind.FAULT if before else OutcomeKind.UNCERTAIN, self._phase, 0, str(error))
        if reused and answer.phase is Phase.MAIL_FROM and answer.code == 421:
            raise StaleError
        self._must_reset = answer.kind is not OutcomeKind.ACCEPTED
        self.usable = answer.kind in {OutcomeKind.ACCEPTED, OutcomeKind.REFUSED} and answer.code != 421
        return answer

    def end(self) -> None:
        """Take leave without waiting for the answer; quietly when there is nobody to take leave of."""
        with suppress(LostError, RuntimeError):  # RuntimeError: the loop it belonged to is closed
            if self.fresh:
                self._wire.ask(b"QUIT\r\n")
                self._wire.transport.close()
            else:
                self._wire.transport.abort()

    async def ended(self) -> None:
        """Wait until the connection is closed."""
        await self._wire.closed

    async def _converse(self, message: Outgoing, *, utf8: bool) -> Answer:
        mail, rcpt = self._envelope(message, utf8=utf8)
        if self._pipelining:
            self._wire.ask((b"RSET\r\n" if self._must_reset else b"") + mail + rcpt + b"DATA\r\n")
        if self._must_reset:
            reply = await self._ask(b"RSET\r\n", self._settings.command_timeout)
            if reply.code >= 300:
                return Answer(OutcomeKind.FAULT, Phase.MAIL_FROM, reply.code, reply.text)
        reply = await self._ask(mail, self._settings.command_timeout)
        if reply.code >= 300:
            return Answer(OutcomeKind.FAULT, Phase.MAIL_FROM, reply.code, reply.text)
        self._phase = Phase.RCPT
        reply = await self._ask(rcpt, self._settings.command_timeout)
        if reply.code >= 300:
            return await self._refused_recipient(reply)
        self._phase = Phase.DATA
        reply = await self._ask(b"DATA\r\n", self._settings.data_timeout)
        if reply.code != 354:
            return _refusal(reply, Phase.DATA)
        self._phase = Phase.AFTER_DATA
        self._wire.ask(_on_the_wire(message.content))
        reply = await self._wire.reply(self._settings.answer_timeout)
        if reply.code < 300:
            return Answer(OutcomeKind.ACCEPTED, Phase.AFTER_DATA, reply.code, reply.text)
        return _refusal(reply, Phase.AFTER_DATA)

    async def _ask(self, command: bytes, seconds: float) -> Reply:
        if not self._pipelining:
            self._wire.ask(command)
        return await self._wire.reply(seconds)

    async def _refused_recipient(self, refusal: Reply) -> Answer:
        if refusal.code < 400:  # 3xx to RCPT is no answer
            return Answer(OutcomeKind.FAULT, Phase.RCPT, refusal.code, refusal.text)
        if self._pipelining and refusal.code != 421:
            # DATA is already on its way. A relay may say 354 all the same; an empty message to nobody ends that.
            with suppress(LostError):
                if (await self._wire.reply(self._settings.data_timeout)).code == 354:
                    self._wire.ask(b"\r\n.\r\n")
                    await self._wire.reply(self._settings.data_timeout)
        return Answer(OutcomeKind.REFUSED, Phase.RCPT, refusal.code, refusal.text)

    def _envelope(self, message: Outgoing, *, utf8: bool) -> tuple[bytes, bytes]:
        mail, rcpt = f"MAIL FROM:<{message.sender}>", f"RCPT TO:<{message.recipient}>"
        if utf8:  # bodies are sent in ASCII, whatever they say; only addresses in headers are not
            mail += " BODY=8BITMIME SMTPUTF8" if self._eight_bit else " SMTPUTF8"
        if self._dsn:
            mail += " RET=HDRS"
            if message.envelope_id:
                mail += f" ENVID={_xtext(message.envelope_id)[:_MAX_ENVELOPE_ID]}"
            rcpt += " NOTIFY=FAILURE"
            original = _original_recipient(message.recipient)
            if len(original) <= _MAX_ORIGINAL:
                rcpt += f" ORCPT={original}"
        return mail.encode() + b"\r\n", rcpt.encode() + b"\r\n"


def check_envelope(message: Outgoing) -> None:
    """Raise ValueError for an address that could end a command and begin another."""
    for address in (message.sender, message.recipient):
        if _NOT_ADDRESS.search(address):
            raise ValueError(f"message {message.message}: {address!r} holds a control character")


async def _secure(client: aiosmtplib.SMTP, settings: SmtpSettings) -> None:
    await _hello(client)
    offered = client.supports_extension("starttls")
    if settings.tls == "starttls" and not offered:
        raise aiosmtplib.SMTPException(said("the relay offers no STARTTLS, and tls=starttls asks for it"))
    if offered and settings.tls in {"starttls", "opportunistic"}:
        await client.starttls()
        await _hello(client)
    elif settings.tls == "opportunistic" and settings.username:
        raise aiosmtplib.SMTPException(said("the relay offers no STARTTLS, and a password is not sent in the clear"))


async def _hello(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if not client.is_connected or error.code == 421:
            raise
        await client.helo()


async def _sign_in(client: aiosmtplib.SMTP, settings: SmtpSettings) -> None:
    if settings.username:
        await client.login(settings.username, settings.password)


def _refusal(reply: Reply, phase: Phase) -> Answer:
    # Neither yes nor no: nobody knows what became of it.
    kind = OutcomeKind.REFUSED if reply.code >= 400 else OutcomeKind.UNCERTAIN
    return Answer(kind, phase, reply.code, reply.text)


def _on_the_wire(content: bytes) -> bytes:
    lines = content.count(b"\r\n")
    if content.count(b"\n") != lines or content.count(b"\r") != lines:
        content = _STRAY.sub(b"\r\n", content)  # a stray line end could be read as the end of the message
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..") + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")


def _xtext(text: str) -> str:
    return _XTEXT.sub(lambda match: "".join(f"+{byte:02X}" for byte in match.group().encode()), text)


def _original_recipient(address: str) -> str:
    """Name the recipient for DSNs (RFC 3461 4.2, RFC 6533 3)."""
    if address.isascii():
        return f"rfc822;{_xtext(address)}"
    return "utf-8;" + "".join(
        character
        if character.isascii() and not _XTEXT.match(character) and character != "\\"
        else f"\\x{{{ord(character):X}}}"
        for character in address
    )
