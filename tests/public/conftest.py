"""A served site and a browser, as the console's tests have them."""

from collections.abc import Iterator

import pytest

from rebond.public.limits import rates
from tests.console.conftest import chromium, client_as, desk, pytest_collection_modifyitems, site

__all__ = ["chromium", "client_as", "desk", "pytest_collection_modifyitems", "site"]


@pytest.fixture(autouse=True)
def unhurried() -> Iterator[None]:
    """Let no test spend what another may ask."""
    rates.forget()
    yield
    rates.forget()
