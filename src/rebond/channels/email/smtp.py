"""The SMTP relay: a window of messages over a few connections, one outcome for each (core/ports.py)."""

import asyncio
import re
import ssl
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rebond.channels.email.connection import Answer, Connection, OpenError, StaleError, check_envelope
from rebond.channels.email.settings import SettingsError, SmtpSettings
from rebond.core.ports import Clock, Outcome, OutcomeKind, Outgoing

__all__ = ["SettingsError", "SmtpSender", "SmtpSettings"]

_QUEUED = re.compile(r"\bqueued as ([A-Za-z0-9._-]{1,64})", re.IGNORECASE)
_CLOSING_SECONDS = 2


class SmtpSender:
    """Hands messages to one relay, over connections kept between windows. A Sender (core/ports.py)."""

    def __init__(self, settings: SmtpSettings, *, clock: Clock, name: str = "") -> None:
        self.name = name or settings.name
        self._settings = settings
        self._clock = clock
        self._idle: list[Connection] = []
        self._tls_context: ssl.SSLContext | None = None

    async def send(self, window: Sequence[Outgoing]) -> AsyncIterator[Outcome]:
        """Hand a window over, yielding one outcome for each message as it is known.

        After a fault nothing more of the window is begun: what waits is `unsent`. Raises ValueError, before anything
        is sent, for an address with a control character.
        """
        for message in window:
            check_envelope(message)
        run = _Run(deque(window), asyncio.Queue())
        lanes = [asyncio.create_task(self._lane(run)) for _ in range(min(self._settings.connections, len(window)))]
        try:
            for _ in window:
                outcome = await run.done.get()
                if isinstance(outcome, BaseException):
                    raise outcome
                yield outcome
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)

    async def close(self) -> None:
        """End the connections."""
        connections, self._idle = self._idle, []
        ending = [asyncio.create_task(each.ended()) for each in connections if each.fresh]
        for connection in connections:
            connection.end()
        if ending:
            _, waiting = await asyncio.wait(ending, timeout=_CLOSING_SECONDS)
            for task in waiting:
                task.cancel()

    async def _lane(self, run: "_Run") -> None:
        connection: Connection | None = None
        try:
            while run.waiting:
                message = run.waiting.popleft()
                connection, answer = await self._hand_over(message, connection)
                at = self._clock.now()
                run.done.put_nowait(_outcome(message.message, answer, at))
                if answer.kind is OutcomeKind.FAULT:
                    run.stop(answer, at)
                if connection and (
                    not connection.usable or connection.served >= self._settings.messages_per_connection
                ):
                    connection.end()
                    connection = None
        except BaseException as error:
            run.done.put_nowait(error)  # so that whoever waits for an outcome hears of it
            raise
        finally:
            if connection and connection.usable:
                self._idle.append(connection)
            elif connection:
                connection.end()

    async def _hand_over(self, message: Outgoing, connection: Connection | None) -> tuple[Connection | None, Answer]:
        connection = connection or self._take_idle()
        if connection:
            try:
                return connection, await connection.hand_over(message)
            except StaleError:
                connection.end()
        try:
            connection = await Connection.open(self._settings, tls_context=self._tls())
        except OpenError as error:
            return None, error.answer
        return connection, await connection.hand_over(message)

    def _take_idle(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.fresh:
                return connection
            connection.end()
        return None

    def _tls(self) -> ssl.SSLContext | None:
        settings = self._settings
        if settings.tls != "none" and self._tls_context is None:
            context = ssl.create_default_context(cafile=settings.ca_file or None)
            # Opportunistic means against listeners only, unless there is a password to keep.
            if not settings.verify or (settings.tls == "opportunistic" and not settings.username):
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            self._tls_context = context
        return self._tls_context


@dataclass(slots=True)
class _Run:
    """A window under way: what waits, and what is done (or the exception that ended a lane)."""

    waiting: deque[Outgoing]
    done: "asyncio.Queue[Outcome | BaseException]"

    def stop(self, answer: Answer, at: datetime) -> None:
        """Give back what has not been tried."""
        given_back = Answer(OutcomeKind.UNSENT, answer.phase, answer.code, answer.text)
        while self.waiting:
            self.done.put_nowait(_outcome(self.waiting.popleft().message, given_back, at))


def _outcome(message: int, answer: Answer, at: datetime) -> Outcome:
    queued = _QUEUED.search(answer.text) if answer.kind is OutcomeKind.ACCEPTED else None
    return Outcome(
        message=message,
        kind=answer.kind,
        at=at,
        phase=answer.phase,
        code=answer.code,
        text=answer.text,
        remote_id=queued.group(1) if queued else "",
    )
