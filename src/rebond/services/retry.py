"""Put dead returns back in the line."""

from collections.abc import Collection

from rebond.core.said import said
from rebond.services.errors import NotFoundError
from rebond.store.read.returns import ReturnState, list_returns
from rebond.store.write.returns import revive_returns


def retry_dead(ids: Collection[int] | None = None) -> int:
    """Give these dead returns (None: all of them) all their tries again; returns how many there were.

    NotFoundError names those that are not dead or do not exist; then none is put back.
    """
    if ids is not None:
        dead = {one.id for one in list_returns([ReturnState.DEAD])}
        if missing := sorted(set(ids) - dead):
            named = ", ".join(map(str, missing))
            raise NotFoundError(
                said("not among the dead returns: {named} (rebond returns dead lists them)", named=named)
            )
    return revive_returns(ids)
