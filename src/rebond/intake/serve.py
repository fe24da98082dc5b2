"""Run the LMTP listener until a signal ends it: one loop for the peers, one thread that stores, one that settles."""

import asyncio
import signal
from collections.abc import Callable, Sequence

from rebond.core.words import Trust
from rebond.intake.background import Background
from rebond.intake.lmtp import LmtpIntake, Ours
from rebond.intake.session import Limits
from rebond.intake.writer import GroupWriter
from rebond.services.accept import Accepted, Incoming, accept_many
from rebond.store.connect import disconnect
from rebond.wiring import Site


async def serve(
    site: Site,
    *,
    host: str,
    port: int,
    required_trust: Trust,
    settle: Callable[[], bool] | None,
    announce: Callable[[str, int], None],
    limits: Limits | None = None,
    pause: float = 1.0,
) -> None:
    """Listen on a host and port (0: a free one, which `announce` is told) until SIGTERM or SIGINT.

    `settle` settles a batch and tells whether there may be more; it is called when something came, and every `pause`
    seconds. None leaves settling to others. What was being received when the signal came is still stored and answered.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def store(batch: Sequence[Incoming]) -> Sequence[Accepted]:
        return accept_many(batch, now=site.clock.now())

    writer = GroupWriter(store, forget=disconnect)
    background = Background(settle, forget=disconnect, pause=pause) if settle else None
    intake = LmtpIntake(
        writer,
        ours=Ours(site.config.email.bounce_domain, site.config.email.return_prefix),
        required_trust=required_trust,
        limits=limits or Limits(),
        on_stored=background.wake if background else lambda: None,
    )
    announce(*await intake.start(host, port))
    writer.start()
    if background:
        background.start()
    try:
        await stop.wait()
        await intake.stop()
    finally:
        writer.stop()
        if background:
            background.stop()
