"""Going on with what was begun on many addresses at once."""

from rebond.jobs.work import Done, Work

_PARTS = 20


def bulk(work: Work) -> Done:
    """Do a bounded piece of each unfinished operation on many addresses."""
    from rebond.services.bulk import carry_on
    from rebond.services.bulk_steps import Acting
    from rebond.store.read.bulk import unfinished_bulk

    acting = Acting(policy=work.site.policy, actor=work.actor, now=work.now)
    for number in unfinished_bulk():
        if work.ending.is_set():
            break
        carry_on(number, acting=acting, most=_PARTS)
    return Done(more=bool(unfinished_bulk()))
