"""What a service says when it cannot do what it was asked, in words for the person who asked."""

from rebond.core.said import said


class ServiceError(Exception):
    """Base of those below; the text says what happened, which value, and what to do."""


class InputError(ServiceError):
    """What was given cannot be used."""


class NotFoundError(ServiceError):
    """What was named does not exist."""


class RefusedError(ServiceError):
    """The present state, or a check, does not allow it."""


class ForbiddenError(ServiceError):
    """Who asks may not do it."""


def no_profile(external_id: str) -> NotFoundError:
    """Say that nobody has this id."""
    return NotFoundError(
        said(
            "there is no profile with the id {external_id!r}: rebond profiles import brings them in",
            external_id=external_id,
        )
    )


def no_qualification(number: int) -> NotFoundError:
    """Say that there is no text of this number."""
    return NotFoundError(said("there is no qualification {number}: see rebond qualifications list", number=number))
