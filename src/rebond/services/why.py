"""Why an address is in the state that it is in: its evidence, and what each piece did."""

from collections.abc import Sequence
from dataclasses import dataclass

from rebond.core.address import ParsedAddress
from rebond.core.failure import AddressState, Judgement, Snapshot
from rebond.core.policy import Policy
from rebond.core.quarantine import explain
from rebond.store.read.blocked import Denial, denials_of
from rebond.store.read.erased import OfErased, of_erased
from rebond.store.read.evidence import AddressKey, StateRow, evidence_of, scopes_of, snapshots_of, states_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """An address's state with the arithmetic.

    `others` are its narrower states, by scope; `denials` the opt-outs of the profiles that have it, which keep it from
    being written to whatever its state; `snapshot` is what retention has kept of older evidence.
    """

    state: AddressState
    judgements: Sequence[Judgement]
    others: Sequence[StateRow]
    outdated: bool
    denials: Sequence[Denial] = ()
    snapshot: Snapshot | None = None


def why(address: ParsedAddress, *, policy: Policy) -> Why:
    """Explain an address; one never heard of is valid, without evidence."""
    assert address.key is not None
    about = AddressKey(address.channel, address.key)
    rows = states_of([AddressKey(address.channel, address.key, scope) for scope in scopes_of(about)])
    row = rows.get(about)
    evidence = evidence_of([about])[about]
    erased = of_erased(address.channel, address.key)
    snapshot = snapshots_of([about]).get(about) or erased.snapshot
    state, judgements = explain(policy, snapshot, evidence, channel=address.channel)
    others = [other for key, other in rows.items() if key.scope]
    # A row computed under another policy stands until it is recomputed.
    outdated = row is not None and row.policy_digest != policy.digest
    return Why(
        state=row.state if row else state,
        judgements=judgements,
        others=others,
        outdated=outdated,
        denials=(*denials_of(address.channel, address.key), *_denials(erased)),
        snapshot=snapshot,
    )


def _denials(erased: OfErased) -> Sequence[Denial]:
    """Tell the opt-outs of people who were erased, whose names nobody knows any more."""
    proof = "the person was erased since"
    return [
        Denial(profile="(erased)", channel=channel, at=at, origin="erased", proof=proof)
        for channel, at in erased.opted_out
    ]
