"""`rebond delivery list`, `status`, `log`, `exclusions` and `report`."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import (
    DataOption,
    JsonOption,
    data_directory,
    handles_errors,
    say,
    show,
    show_rows,
    wants_json,
)

if TYPE_CHECKING:
    from datetime import datetime

    from rebond.services.report import Report
    from rebond.store.read.delivery_logs import LoggedMessage

IdArgument = Annotated[int, typer.Argument(metavar="ID", help="The delivery's number.")]
_BRIEF_LIST = ("id", "name", "status", "messages", "delivered", "created_at")
_BRIEF_LOG = ("profile", "address", "status", "reason", "attempts", "next_attempt_at")
_BRIEF_EXCLUSIONS = ("profile", "address", "reason", "cause")


def register_reading(app: typer.Typer) -> None:
    """Add the commands that look at deliveries."""
    for command in (list_, status, log, exclusions, report):
        app.command(command.__name__.rstrip("_"))(handles_errors(command))


def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """List the deliveries with their counters, newest first."""
    from dataclasses import asdict

    from rebond.wiring import open_site

    open_site(data_directory(data))
    from rebond.services.report import read_deliveries

    show_rows(map(asdict, read_deliveries()), as_json=json, title="Deliveries", brief=_BRIEF_LIST)


def status(delivery: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show a delivery's state and counters."""
    from rebond.wiring import open_site

    open_site(data_directory(data))
    from rebond.services.deliveries import get_delivery
    from rebond.services.report import report

    show(_status(get_delivery(delivery), report(delivery)), as_json=json, title=f"Delivery {delivery}")


def log(
    delivery: IdArgument,
    status: Annotated[str, typer.Option("--status", help="Only these messages, as in failed.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show the sending log, one line a message."""
    from rebond.wiring import open_site

    open_site(data_directory(data))
    from rebond.services.report import read_sending_log

    rows = (_logged(row) for row in read_sending_log(delivery, status=status))
    title = f"Sending log of delivery {delivery}"
    nothing = f"messages that are {status}" if status else "messages"
    _show_log(rows, delivery=delivery, as_json=json, title=title, brief=_BRIEF_LOG, nothing=nothing)


def exclusions(delivery: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show the exclusion log, one line a profile."""
    from rebond.wiring import open_site

    open_site(data_directory(data))
    from rebond.services.report import read_exclusion_log

    rows = (
        {"profile": row.profile, "address": row.address, "reason": row.reason, "cause": row.cause or None}
        for row in read_exclusion_log(delivery)
    )
    title = f"Exclusion log of delivery {delivery}"
    _show_log(rows, delivery=delivery, as_json=json, title=title, brief=_BRIEF_EXCLUSIONS, nothing="exclusions")


def report(delivery: IdArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Show what came of a delivery: the figures, and the four families of errors."""
    from rebond.wiring import open_site

    open_site(data_directory(data))
    from rebond.services.report import report as report_on

    figures = report_json(report_on(delivery))
    if wants_json(json):
        show(figures, as_json=True)
        return
    from rich.console import Console

    from rebond.cli.report_view import draw_report

    draw_report(Console(), figures, title=f"Delivery {delivery} is {figures['status']}")


def _show_log(
    rows: Iterator[Mapping[str, Any]], *, delivery: int, as_json: bool, title: str, brief: tuple[str, ...], nothing: str
) -> None:
    """Show a log; to a person, an empty one with the state that explains it."""
    first = next(rows, None)
    if first is None and not wants_json(as_json):
        from rebond.services.deliveries import get_delivery

        say(f"Delivery {delivery} is {get_delivery(delivery).status}: it has no {nothing}.")
        return
    found: Iterable[Mapping[str, Any]] = () if first is None else chain((first,), rows)
    show_rows(found, as_json=as_json, title=title, brief=brief)


def _status(row: Any, figures: "Report") -> dict[str, object]:
    counts = figures.counts
    moments: dict[str, datetime | None] = {
        name: getattr(row, name) for name in ("created_at", "prepared_at", "started_at", "ends_at", "finished_at")
    }
    return {
        "id": row.id,
        "name": row.name,
        "status": row.status,
        "channel": row.channel,
        "class": row.message_class,
        "target": counts.target,
        "messages": counts.messages,
        "pending": counts.pending,
        "delivered": counts.delivered,
        "failed": counts.failed,
        "cancelled": counts.cancelled,
        "returned": counts.returned,
        "production_errors": counts.production_errors,
        "problem": row.problem or None,
        **moments,
    }


def _logged(row: "LoggedMessage") -> dict[str, object]:
    return {
        "profile": row.profile,
        "address": row.address,
        "status": row.status,
        "type": row.type or None,
        "reason": row.reason or None,
        "cause": row.cause or None,
        "attempts": row.attempts,
        "last_attempt_at": row.last_attempt_at,
        "next_attempt_at": row.next_attempt_at,
        "returned_at": row.returned_at,
        "uncertain": row.uncertain,
        "text": row.text,
        "rule": row.rule or None,
        "provider": row.provider,
        "message": row.message,
        "message_id": row.message_id or None,
    }


def report_json(figures: "Report") -> dict[str, object]:
    """Return a report as the contract has it; `denylisted` ones by complaint or STOP are told apart by their cause."""
    counts = figures.counts
    by_cause = {
        f"{reason}/{cause}" if cause else str(reason): number
        for (reason, cause), number in sorted(
            counts.exclusions.items(), key=lambda item: (item[0][0], item[0][1] or "")
        )
    }
    return {
        "status": figures.status,
        "target": counts.target,
        "messages": counts.messages,
        "exclusions": figures.exclusions,
        "exclusions_by_cause": by_cause,
        "delivered": counts.delivered,
        "reached": counts.reached,
        "failed": counts.failed,
        "pending": counts.pending,
        "cancelled": counts.cancelled,
        "returned": counts.returned,
        "production_errors": counts.production_errors,
        "families": figures.families,
        "reconciled": figures.reconciled,
    }
