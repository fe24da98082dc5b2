"""`rebond delivery list`, `status`, `log`, `exclusions` and `report`."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

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

    from rebond.services.delivery_logs import Who
    from rebond.services.report import Report
    from rebond.store.read.delivery_logs import LoggedMessage
    from rebond.wiring import Site

REASON = typer.Option("--reason", help="Only those for this reason, as in mailbox_full.")
WHO = typer.Option("--who", help="Only those of this address or external id.")
IdArgument = Annotated[int, typer.Argument(metavar="ID", help="The delivery's number.")]
_BRIEF_LIST = ("id", "name", "status", "messages", "delivered", "created_at")
_BRIEF_LOG = ("profile", "address", "status", "reason", "attempts", "next_attempt_at")
_BRIEF_EXCLUSIONS = ("profile", "address", "reason", "cause")


def register_reading(app: typer.Typer) -> None:
    """Add the commands that look at deliveries."""
    for command in (list_, status, log, exclusions, report):
        app.command(command.__name__.rstrip("_"))(handles_errors(command))


def list_(
    status: Annotated[str, typer.Option("--status", help="Only those of this state, as in sending.")] = "",
    name: Annotated[str, typer.Option("--name", help="Only those whose name contains this.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List the deliveries with their counters, newest first."""
    from dataclasses import asdict

    from rebond.core.words import DeliveryStatus
    from rebond.wiring import open_site

    wanted_status = _word("--status", status, DeliveryStatus)
    open_site(data_directory(data))
    from rebond.services.report import DeliveryFilter, read_deliveries

    found = read_deliveries(DeliveryFilter(status=wanted_status, name=name))
    show_rows(map(asdict, found), as_json=json, title="Deliveries", brief=_BRIEF_LIST)


W = TypeVar("W", bound=StrEnum)


def _word(option: str, text: str, kind: type[W]) -> W | None:
    """Read an option's word; InputError for one that is unknown, None for an empty one."""
    from rebond.services.errors import InputError

    if text and text not in list(kind):
        raise InputError(f"{option} {text!r} is unknown: write one of {', '.join(kind)}")
    return kind(text) if text else None


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
    returned: Annotated[bool, typer.Option("--returned", help="Only those that came back after delivery.")] = False,
    reason: Annotated[str, REASON] = "",
    provider: Annotated[str, typer.Option("--provider", help="Only those of this provider.")] = "",
    who: Annotated[str, WHO] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show the sending log, one line a message."""
    from rebond.core.words import MessageStatus, Reason
    from rebond.wiring import open_site

    site = open_site(data_directory(data))
    from rebond.services.delivery_logs import find_messages
    from rebond.services.report import LOGGED

    wanted_reason, wanted_status = _word("--reason", reason, Reason), _word("--status", status, MessageStatus)
    if wanted_status is not None and wanted_status not in LOGGED:
        from rebond.services.errors import InputError

        raise InputError(f"--status {status!r} is unknown: write one of {', '.join(LOGGED)}")
    found = find_messages(
        delivery,
        status=wanted_status,
        returned=returned,
        reason=wanted_reason,
        provider=provider,
        who=_who(site, who),
    )
    rows = map(_logged, found)
    title = f"Sending log of delivery {delivery}"
    asked = returned or any((reason, provider, who))
    nothing = "such messages" if asked else f"messages that are {status}" if status else "messages"
    _show_log(rows, delivery=delivery, as_json=json, title=title, brief=_BRIEF_LOG, nothing=nothing)


def exclusions(
    delivery: IdArgument,
    reason: Annotated[str, REASON] = "",
    who: Annotated[str, WHO] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show the exclusion log, one line a profile."""
    from rebond.core.words import Reason
    from rebond.wiring import open_site

    wanted_reason = _word("--reason", reason, Reason)
    site = open_site(data_directory(data))
    from rebond.services.delivery_logs import find_exclusions

    rows = (
        {"profile": row.profile, "address": row.address, "reason": row.reason, "cause": row.cause or None}
        for row in find_exclusions(delivery, reason=wanted_reason, who=_who(site, who))
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


def _who(site: "Site", text: str) -> "Who | None":
    from rebond.services.delivery_logs import Who

    config = site.config
    if not text:
        return None
    return Who(text=text, region=config.site.default_region, allow_undotted=config.email.allow_undotted)


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
        **({"scheduled_at": row.scheduled_at} if row.scheduled_at else {}),
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
