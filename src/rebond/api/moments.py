"""Times that programs give: with a zone, and of years that every database can hold and every zone can show."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

_FIRST_YEAR, _LAST_YEAR = 1970, 9000


def _storable(at: datetime) -> datetime:
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise ValueError(f"must lie between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_storable)]
