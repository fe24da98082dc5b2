"""The rules as they are now, for what runs on: a listener, a settler, a sender take changed rules without a restart."""

import logging
import threading
from collections.abc import Callable, Mapping

from rebond.core.qualifier import Qualifier
from rebond.core.qualify.rules import RuleError
from rebond.store.read.rules import Document, RulesVersion, console_documents, rules_version

MakeQualifier = Callable[[Mapping[str, Document]], Qualifier]
log = logging.getLogger("rebond.rules")


def keep_last(make: MakeQualifier) -> MakeQualifier:
    """Keep the qualifier that was made last: to make one takes longer than to judge many texts."""
    last: list[tuple[Mapping[str, Document], Qualifier]] = []

    def made(documents: Mapping[str, Document]) -> Qualifier:
        if not last or last[0][0] != documents:
            last[:] = [(documents, make(documents))]
        return last[0][1]

    return made


class RulesInForce:
    """The qualifier of a site, made anew when its rules have changed.

    `renew` asks the database, which costs one small query: once a batch, and never on an event loop. `qualifier` is the
    one that was made last. May be used from several threads.
    """

    def __init__(self, make: MakeQualifier) -> None:
        self._make = make
        self._turn = threading.Lock()
        self._version: RulesVersion | None = None
        self._qualifier: Qualifier | None = None

    @property
    def qualifier(self) -> Qualifier:
        """Return the qualifier that was made last."""
        return self._qualifier or self.renew()

    def renew(self) -> Qualifier:
        """Take the rules as they are now; raises RuleError when there is no qualifier yet and a rule is refused."""
        with self._turn:
            # Read before the rules: what changes in between is seen by the next look.
            version = rules_version()
            if self._qualifier is None or version != self._version:
                self._qualifier = self._made(self._qualifier)
                self._version = version
            return self._qualifier

    def _made(self, before: Qualifier | None) -> Qualifier:
        try:
            return self._make(console_documents())
        except RuleError as error:
            if before is None:
                raise
            # Somebody with another version of Rebond changed them: what came in must still be judged.
            log.error("changed rules are refused, going on with those before: %s", error)
            return before
