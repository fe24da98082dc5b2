"""Reading in files of people that were given on a page, and ending deliveries that were cancelled there."""

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
