"""The loopback world: the other side of every channel, on real sockets with real protocol libraries."""
