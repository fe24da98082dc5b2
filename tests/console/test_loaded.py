"""What a serving process has loaded before its first request is spared the collection of garbage."""

import gc
import weakref
from collections.abc import Iterator

import pytest
from django.urls import clear_url_caches, get_resolver

from rebond.web.current import spare_what_is_loaded


@pytest.fixture
def unfrozen() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("unfrozen")
def test_what_is_loaded_is_passed_over_and_what_comes_later_is_collected() -> None:
    clear_url_caches()
    kept: list[object] = []
    spare_what_is_loaded()
    looked_at = {id(thing) for thing in gc.get_objects()}
    views = get_resolver().__dict__["url_patterns"]  # loaded, and not by asking here
    assert gc.get_freeze_count() > 10_000
    assert id(views) not in looked_at
    assert id(kept) not in looked_at
    later = _Ring()
    still = weakref.ref(later)
    del later
    gc.collect()
    assert still() is None


class _Ring:
    def __init__(self) -> None:
        self.itself = self
