"""How many addresses changes of rules may move into quarantine before a person says that they mean it."""

from dataclasses import dataclass, field

from rebond.core.policy import Policy
from rebond.core.said import said
from rebond.core.words import QualificationStatus
from rebond.services.backtest import Plan, backtest
from rebond.services.errors import RefusedError
from rebond.store.read.evidence import count_known

_IGNORE = QualificationStatus.IGNORE


class TooManyEnterError(RefusedError):
    """A change would move more addresses into quarantine than it may."""

    def __init__(self, entering: int, *, most: int) -> None:
        super().__init__(
            said("{problem}: look at the back-test, or say --anyway", problem=too_many(entering, most=most))
        )
        self.entering = entering
        self.most = most


def too_many(entering: int, *, most: int) -> str:
    """Say that it is too many, for what is to be done about it."""
    return said(
        "it would move {entering:,} addresses into quarantine, more than the {most:,} that may enter at once",
        entering=entering,
        most=most,
    )


@dataclass(slots=True, kw_only=True)
class QuarantineBound:
    """At most so many addresses, or so many in a hundred of those known where that is more, enter quarantine at once.

    All changes made under one bound count together; `entered` is how many these moved, at most.
    """

    addresses: int = 100
    percent: float = 1.0
    entered: int = field(default=0, init=False)

    @property
    def most(self) -> int:
        """How many that is here and now."""
        return max(self.addresses, int(count_known() * self.percent / 100))

    def check(self, plan: Plan, *, policy: Policy) -> int:
        """Tell how many addresses a plan moves into quarantine at most; TooManyEnterError when these are too many."""
        noticed = any(change.row.status is _IGNORE and change.status is not _IGNORE for change in plan.changes)
        if not noticed and self.entered + plan.changed <= self.addresses:
            return plan.changed  # each address that enters has a failure that changes
        entering = backtest(plan, policy=policy).total.entering
        if self.exceeded_by(entering):
            raise TooManyEnterError(self.entered + entering, most=self.most)
        return entering

    def exceeded_by(self, entering: int) -> bool:
        """Tell whether so many more are too many."""
        return bool(entering) and self.entered + entering > self.addresses and self.entered + entering > self.most
