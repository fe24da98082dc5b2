"""`rebond webhook …`: who is told of what happens here, by signed requests."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, Exit, JsonOption, data_directory, handles_errors, say, show, show_rows
from rebond.cli.settling import actor
from rebond.core.webhooks import EventType, WebhookState

if TYPE_CHECKING:
    from rebond.store.read.webhooks import LoggedWebhook, SubscriptionRow
    from rebond.wiring import Site

NumberArgument = Annotated[int, typer.Argument(metavar="ID", help="Its number in `webhook list`.")]
_EVENTS_HELP = f"What it is told, several times or with commas; all when left out: {', '.join(EventType)}."
EventsOption = Annotated[list[str] | None, typer.Option("--event", help=_EVENTS_HELP)]
_BRIEF = ("id", "name", "url", "events", "active", "ended_because")
_BRIEF_LOG = ("line", "at", "type", "state", "attempts", "answer", "problem")


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    group = typer.Typer(help="Outgoing webhooks: add, list, log, replay.", no_args_is_help=True)
    app.add_typer(group, name="webhook")
    for command in (add, list_, edit, secret, remove, try_out, log, replay, deliver):
        name = "test" if command is try_out else command.__name__.rstrip("_")
        group.command(name)(handles_errors(command))


def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where events are posted: an https:// address.")],
    event: EventsOption = None,
    name: Annotated[str, typer.Option(help="Whose it is.")] = "",
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Tell somebody of what happens here, and print the secret that signs it: it is shown this once."""
    events = _events(event)
    site = _open(data)
    from rebond.services.webhooks import subscribe
    from rebond.web.chance import new_secret

    made = subscribe(
        url,
        events=events,
        name=name,
        salt=new_secret(),
        site=site.webhooks,
        now=site.clock.now(),
        actor=actor(),
    )
    show({**_row(made.row), "secret": made.secret}, as_json=json, title="Made")
    say("rebond: give the receiver the secret now, it is not shown again")


def list_(data: DataOption = None, json: JsonOption = False) -> None:
    """List who is told."""
    _open(data)
    from rebond.store.read.webhooks import list_subscriptions

    show_rows(map(_row, list_subscriptions()), as_json=json, title="Webhooks", brief=_BRIEF)


def edit(
    number: NumberArgument,
    url: Annotated[str | None, typer.Option(help="Another address.")] = None,
    event: EventsOption = None,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Tell it; what waited meanwhile comes first.")
    ] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Change who is told, or what; what is not named stays."""
    events = _events(event) if event else None
    site = _open(data)
    from rebond.services.webhooks import edit_subscription

    row = edit_subscription(
        number,
        site=site.webhooks,
        now=site.clock.now(),
        actor=actor(),
        url=url,
        events=events,
        name=name,
        active=active,
    )
    show(_row(row), as_json=json, title="Changed")


def secret(number: NumberArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Make another secret and print it; for 24 hours the one before signs as well."""
    site = _open(data)
    from rebond.services.webhooks import renew_secret
    from rebond.web.chance import new_secret

    made = renew_secret(number, salt=new_secret(), site=site.webhooks, now=site.clock.now(), actor=actor())
    show({**_row(made.row), "secret": made.secret}, as_json=json, title="A new secret")


def remove(number: NumberArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Forget a subscription, with its log."""
    site = _open(data)
    from rebond.services.webhooks import unsubscribe

    unsubscribe(number, now=site.clock.now(), actor=actor())
    show({"id": number, "removed": True}, as_json=json)


def try_out(number: NumberArgument, data: DataOption = None, json: JsonOption = False) -> None:
    """Tell it of nothing, to see whether it hears: `webhook deliver`, or a worker, sends it."""
    site = _open(data)
    from rebond.services.webhooks import send_test

    send_test(number, now=site.clock.now())
    show({"id": number, "type": EventType.TEST}, as_json=json)


def log(
    number: NumberArgument,
    state: Annotated[WebhookState | None, typer.Option(help="Only those.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Only so many, the latest.")] = 100,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Show what it was told, and how that went."""
    _open(data)
    from rebond.services.webhooks import existing_subscription
    from rebond.store.read.webhooks import webhook_log

    existing_subscription(number)
    rows = map(_line, webhook_log(number, state=state, limit=limit))
    show_rows(rows, as_json=json, title=f"Log of webhook {number}", brief=_BRIEF_LOG)


def replay(
    number: NumberArgument,
    line: Annotated[int | None, typer.Option(help="One line of the log.")] = None,
    since: Annotated[datetime | None, typer.Option(help="All that happened since then (UTC).")] = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Tell again what was told or given up."""
    site = _open(data)
    from datetime import UTC

    from rebond.services.webhooks import replay as tell_again

    moment = since.replace(tzinfo=UTC) if since else None
    again = tell_again(number, now=site.clock.now(), delivery=line, since=moment)
    show({"id": number, "again": again}, as_json=json)


def deliver(data: DataOption = None, json: JsonOption = False) -> int:
    """Send what is due now, as a worker does."""
    site = _open(data)
    from rebond.secrets_file import webhook_key
    from rebond.services.deliver_webhooks import deliver_webhooks

    told = failed = 0
    while True:
        done = deliver_webhooks(post=site.poster.post, key=webhook_key(site.data), clock=site.clock)
        told, failed = told + done.told, failed + done.failed
        if not done.more or not done.told:
            break
    show({"delivered": told, "failed": failed}, as_json=json)
    return Exit.PARTLY if failed else Exit.DONE


def _events(given: list[str] | None) -> list[EventType]:
    from rebond.services.errors import InputError

    names = [name.strip() for text in given or () for name in text.split(",") if name.strip()]
    for name in names:
        if name not in set(EventType):
            raise InputError(f"--event {name!r} is unknown: one or more of {', '.join(EventType)}")
    return [EventType(name) for name in names]


def _row(row: "SubscriptionRow") -> dict[str, Any]:
    return {
        "id": row.number,
        "name": row.name,
        "url": row.url,
        "events": list(row.events) or ["all"],
        "active": row.active,
        "ended_because": row.ended_because or None,
        "created_at": row.created_at,
        "created_by": row.created_by,
    }


def _line(row: "LoggedWebhook") -> dict[str, Any]:
    return {
        "line": row.number,
        "event": row.event,
        "type": row.type,
        "at": row.at,
        "state": row.state,
        "attempts": row.attempts,
        "due_at": row.due_at if row.state is WebhookState.WAITING else None,
        "last_at": row.last_at,
        "answer": row.answer,
        "problem": row.problem or None,
        "body": row.body,
    }


def _open(data: Path | None) -> "Site":
    from rebond.wiring import open_site

    return open_site(data_directory(data))
