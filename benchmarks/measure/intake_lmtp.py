"""Take returns in by LMTP, each answered once it is durable, beside aiosmtpd alone storing nothing."""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Measured
from benchmarks.invent import bounce, email_of
from benchmarks.site import BOUNCE_DOMAIN, REBOND, data_directory, rebond

_CONNECTIONS = 20
_MAILS_A_CONNECTION = 100


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure `rebond intake lmtp --no-settle` as a process, the other before and after it; the peers are the same."""
    mails = [_wire(place) for place in range(number)]
    with data_directory(database) as folder:
        rebond("init", "--data", str(folder))
        first = _baseline(mails)
        with _listener([REBOND, "intake", "lmtp", "--listen", "127.0.0.1:0", "--no-settle"], folder) as port:
            ours = _deliver(port, mails)
        second = _baseline(mails)
    yield Measured(
        number=number,
        ours=ours,
        baseline=(first + second) / 2,
        baseline_number=number,
        baseline_name="aiosmtpd alone",
        note=f"{_CONNECTIONS} connections, {sum(map(len, mails)) / number / 1000:.1f} kB a mail",
    )


def _baseline(mails: list[bytes]) -> float:
    with _listener([sys.executable, "-m", "benchmarks.measure.intake_lmtp"], None) as port:
        return _deliver(port, mails)


def _wire(place: int) -> bytes:
    envelope = f"b+token{place}@{BOUNCE_DOMAIN}"
    return bounce(place, recipient=email_of(place), envelope=envelope).replace(b"\r\n.", b"\r\n..") + b".\r\n"


@contextlib.contextmanager
def _listener(command: list[str], data: Path | None) -> Iterator[int]:
    """Run a listener that prints {"listening": "host:port"}; it is interrupted afterwards."""
    full = [*command, "--data", str(data)] if data else command
    with subprocess.Popen(full, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(json.loads(process.stdout.readline())["listening"].rpartition(":")[2])
        finally:
            process.terminate()


def _deliver(port: int, mails: list[bytes]) -> float:
    import uvloop

    waiting = list(enumerate(mails))[::-1]

    async def peer() -> None:
        while waiting:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.readline()
            writer.write(b"LHLO peer.example\r\n")
            while (await reader.readline())[3:4] == b"-":
                pass
            for _ in range(_MAILS_A_CONNECTION):
                if not waiting:
                    break
                place, mail = waiting.pop()
                recipient = f"b+token{place}@{BOUNCE_DOMAIN}".encode()
                # As a peer that was offered PIPELINING does.
                writer.write(b"MAIL FROM:<>\r\nRCPT TO:<" + recipient + b">\r\nDATA\r\n")
                replies = [await reader.readline() for _ in range(3)]
                writer.write(mail)
                replies.append(await reader.readline())
                if [reply[:1] for reply in replies] != [b"2", b"2", b"3", b"2"]:
                    raise RuntimeError(f"the listener answered {replies}")
            writer.write(b"QUIT\r\n")
            await reader.readline()
            writer.close()

    async def run() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(peer() for _ in range(_CONNECTIONS)))
        return time.perf_counter() - began

    return uvloop.run(run())


def main() -> None:
    """The baseline: aiosmtpd's LMTP server, with a handler that takes everything and keeps nothing."""
    import uvloop
    from aiosmtpd.lmtp import LMTP

    class Nothing:
        async def handle_DATA(self, *_: object) -> str:  # noqa: N802 (a hook of aiosmtpd)
            return "250 2.0.0 OK"

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: LMTP(Nothing(), loop=loop), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        print(json.dumps({"listening": f"127.0.0.1:{port}"}), flush=True)
        await server.serve_forever()

    uvloop.run(serve())


if __name__ == "__main__":
    main()
