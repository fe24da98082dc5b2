"""An SMTP server that takes everything and keeps nothing, for processes of its own: `python -m benchmarks.sink`.

It prints its port, and ends with its standard input.
"""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import cast

_END = b"\r\n.\r\n"
_OFFERS = b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n"


class _Sink(asyncio.Protocol):
    """One connection: answers commands as they come, also several at once."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._in_data = False
        self._write: Callable[[bytes], None] = lambda _: None
        self._transport: asyncio.Transport | None = None
        self._taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._write = self._transport.write
        self._write(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        answers: list[bytes] = []
        while True:
            if self._in_data:
                end = buffer.find(_END)
                if end < 0:
                    break
                del buffer[: end + len(_END)]
                self._in_data = False
                self._taken += 1
                answers.append(b"250 2.0.0 Ok: queued as S%d\r\n" % self._taken)
                continue
            end = buffer.find(b"\r\n")
            if end < 0:
                break
            answers.append(self._answer(bytes(buffer[:4]).upper()))
            # What follows DATA ends with a lone dot, also when it is empty: the line end before it stays.
            del buffer[: end if self._in_data else end + 2]
            if self._in_data:
                break
        if answers:
            self._write(b"".join(answers))

    def _answer(self, verb: bytes) -> bytes:
        if verb == b"DATA":
            self._in_data = True
            return b"354 go on\r\n"
        if verb == b"EHLO":
            return _OFFERS
        if verb == b"QUIT" and self._transport is not None:
            self._transport.close()
            return b"221 2.0.0 Bye\r\n"
        return b"250 2.0.0 Ok\r\n"


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    import uvloop

    uvloop.run(_serve())


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """A sink in a process of its own; yields its port."""
    command = [sys.executable, "-m", "benchmarks.sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            assert process.stdin is not None
            process.stdin.close()


if __name__ == "__main__":
    main()
