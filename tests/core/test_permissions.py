"""Who may do what."""

import pytest

from rebond.core.permissions import PERMISSIONS, Operation, may
from rebond.core.words import Role


def test_every_operation_names_its_roles() -> None:
    assert set(PERMISSIONS) == set(Operation)


def test_an_administrator_may_do_everything() -> None:
    assert all(may(Role.ADMINISTRATOR, operation) for operation in Operation)


def test_a_viewer_changes_nothing() -> None:
    allowed = {operation for operation in Operation if may(Role.VIEWER, operation)}
    assert allowed == {
        Operation.READ,
        Operation.QUALIFY,
        Operation.READ_QUALIFICATIONS,
        Operation.READ_RULES,
        Operation.READ_DELIVERIES,
        Operation.READ_REPORTS,
        Operation.READ_JOBS,
    }


@pytest.mark.parametrize("operation", [Operation.READ_QUARANTINE, Operation.WRITE_QUARANTINE, Operation.WRITE_RULES])
def test_the_platforms_quarantine_and_rules_are_not_an_operators(operation: Operation) -> None:
    assert not may(Role.OPERATOR, operation)
    assert may(Role.DELIVERABILITY, operation)
