"""The job that tells subscribers of events."""

from rebond.jobs.work import Done, Work
from rebond.secrets_file import webhook_key


def tell_subscribers(work: Work) -> Done:
    """Post what is due, a bounded batch."""
    from rebond.services.deliver_webhooks import deliver_webhooks

    site = work.site
    done = deliver_webhooks(post=site.poster.post, key=webhook_key(site.data), clock=site.clock)
    return Done(more=done.more)
