"""The reference estimate of how a quarantine grows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebond.core.growth import Growth, expected_share


def test_the_reference_inputs_give_the_reference_shares() -> None:
    assert expected_share(Growth(), years=2) == (0.22, 0.325)


def test_a_base_that_never_grows_wears_out_faster() -> None:
    steady, growing = expected_share(Growth(more_a_year=0), years=5), expected_share(Growth(), years=5)
    assert all(one > other for one, other in zip(steady, growing, strict=True))


@given(st.floats(1, 50), st.floats(0, 5), st.integers(0, 30))
def test_a_share_is_a_share(life: float, more: float, years: int) -> None:
    shares = expected_share(Growth(life=life, more_a_year=more), years=years)
    assert len(shares) == years
    assert all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize(("life", "more"), [(0.5, 0.1), (3, -0.1)])
def test_impossible_inputs_are_refused(life: float, more: float) -> None:
    with pytest.raises(ValueError, match="lives one year or more"):
        Growth(life=life, more_a_year=more)
