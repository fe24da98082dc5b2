"""Reading in files of people, ending cancelled deliveries, and making the mails of those who ask to subscribe."""

from rebond.jobs.work import Done, Ending, Work


def read_files(work: Work) -> Done:
    """Read in what waits, the oldest first."""
    from rebond.services.uploads import StoppedError, open_uploads, read_in

    for number in open_uploads():
        try:
            read_in(number, now=work.now, stopping=work.ending.is_set)
        except StoppedError:
            raise Ending from None
    return Done()


def end_cancelled(work: Work) -> Done:
    """Cancel what is still open of deliveries that were cancelled."""
    from rebond.services.deliveries import end_cancelled as end

    end(now=work.now())
    return Done()


def make_confirmations(work: Work) -> Done:
    """Make the mails of those who asked to subscribe."""
    from rebond.services.opt_in_mail import make_mails

    site = work.site
    if not site.config.site.public_url:  # their links would lead nowhere: they wait for one
        return Done()
    while make_mails(providers=site.providers, keyring=site.keyring, now=work.now()):
        if work.ending.is_set():
            raise Ending
    return Done()
