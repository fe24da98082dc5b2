"""`rebond demo`: a delivery against a simulated world, five days in minutes, in the console or in the terminal."""

import asyncio
import os
import re
import sys
import tempfile
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rebond.cli.output import DataOption, JsonOption, handles_errors, show, wants_json
from rebond.core.words import Channel, MessageClass

if TYPE_CHECKING:
    from rebond.cli.demo_views import Views
    from rebond.simulate.clock import SteppedClock
    from rebond.simulate.world import World
    from rebond.wiring import Site

_BOUNCE_DOMAIN = "bounce.sim.example"
_ACTOR = "demo"
_SHOP = "La boutique"
_SENDER = f"{_SHOP} <news@shop.sim.example>"
_SUBJECT = (
    "{% if language == 'fr' %}{{ first_name }}, la nouvelle sélection{% else %}{{ first_name }}, new in{% endif %}"
)
_OPTED_OUT_EVERY = 97
_VISITORS = 42


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command()(demo)


@handles_errors
def demo(
    people: Annotated[int, typer.Option(min=20, max=200_000, help="How many people.")] = 2000,
    seed: Annotated[int, typer.Option(help="Another seed, another world.")] = 1,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="Without a console: as fast as it goes, drawn in the terminal.")
    ] = False,
    for_: Annotated[
        str,
        typer.Option(
            "--for",
            help="End after so long, as in 10m; without a terminal it ends when all has come back.",
            metavar="TIME",
        ),
    ] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The console's port; another when it is taken.")] = 8700,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Open the console on one delivery against a simulated world: five days in about four minutes.

    With --terminal or --json it is played at once instead, and the report, the quarantine and one why are shown.
    """
    from rebond.cli.demo_live import HOST, free_port
    from rebond.cli.demo_views import Views

    seconds = _seconds(for_)
    folder = _folder(data)
    alone = terminal or json or bool(os.environ.get("REBOND_JSON"))
    views = Views(quiet=wants_json(json))
    views.title(f"Rebond demonstration: {people} people, data in {folder}")
    port = free_port(port)
    site = _initialise(folder, web=not alone, url=f"http://{HOST}:{port}")
    from rebond.simulate.behaviour import WorldSettings
    from rebond.simulate.clock import SteppedClock
    from rebond.simulate.world import World

    clock = SteppedClock(site.clock.now() - timedelta(days=7))
    _bring_people(site, people=people, seed=seed, now=clock.now(), views=views)
    delivery = _prepare(site, now=clock.now(), views=views)
    _bring_visitors(site, seed=seed, now=clock.now(), views=views)
    world = World(WorldSettings(seed=seed, accepted=0.9), clock)
    if alone:
        _play(site, delivery, world=world, clock=clock, views=views)
    else:
        _open_console(site, delivery, world=world, clock=clock, port=port, seconds=seconds, views=views)
    result = _result(site, delivery)
    if wants_json(json):
        show({"data": str(folder), "delivery": delivery, **result}, as_json=True)
        return
    views.report(result)
    views.quarantine(_quarantine())
    views.why(_one_why(site))
    views.farewell(folder, delivery)


def _seconds(text: str) -> float | None:
    from rebond.core.policy import parse_duration
    from rebond.services.errors import InputError

    if not text:
        return None
    try:
        return parse_duration(text).total_seconds()
    except ValueError as error:
        raise InputError(f"--for: {error}") from None


def _play(site: "Site", delivery: int, *, world: "World", clock: "SteppedClock", views: "Views") -> None:
    from rebond.simulate.demo import play

    with views.playing() as told:
        asyncio.run(play(site, delivery=delivery, world=world, clock=clock, on_step=told))


def _open_console(
    site: "Site",
    delivery: int,
    *,
    world: "World",
    clock: "SteppedClock",
    port: int,
    seconds: float | None,
    views: "Views",
) -> None:
    from rebond.cli.demo_live import play_live
    from rebond.services.send import begin_sending

    begin_sending(delivery, now=clock.now(), actor=_ACTOR)
    # Who cannot press Ctrl-C is not left with a process that never ends.
    until_quiet = seconds is None and not sys.stdout.isatty()
    with views.watching(clock.now()) as looked:
        play_live(site, world=world, clock=clock, port=port, seconds=seconds, until_quiet=until_quiet, on_look=looked)


def _folder(data: Path | None) -> Path:
    from rebond.services.errors import RefusedError

    if data is None:
        return Path(tempfile.mkdtemp(prefix="rebond-demo-"))
    if data.exists() and any(data.iterdir()):
        raise RefusedError(f"{data} is not empty: give the demonstration a folder of its own")
    return data.absolute()


def _initialise(folder: Path, *, web: bool, url: str) -> "Site":
    from rebond.config import CONFIG_FILE
    from rebond.wiring import init_site, open_site

    folder.mkdir(parents=True, exist_ok=True)
    template = files("rebond.data").joinpath(CONFIG_FILE).read_text("utf-8")
    default = '# bounce_domain = "bounce.localhost"'
    text = template.replace(default, f'bounce_domain = "{_BOUNCE_DOMAIN}"', 1)
    # Landing pages need an address; strangers are told the name.
    for name, value in (("name", _SHOP), ("public_url", url)):
        text = re.sub(rf'^# {name} = ""', f'{name} = "{value}"', text, count=1, flags=re.MULTILINE)
    (folder / CONFIG_FILE).write_text(text, "utf-8")
    init_site(folder)
    return open_site(folder, web=web)


def _bring_people(site: "Site", *, people: int, seed: int, now: datetime, views: "Views") -> None:
    """Import the sample people, what is known of some from the past, and a few opt-outs."""
    from rebond.services.denylist_profile import denylist_profile
    from rebond.services.events import take_events
    from rebond.services.import_people import import_people
    from rebond.services.people_file import FileOptions
    from rebond.simulate.sample_people import write_few_without_city, write_history, write_people

    everybody, few, history = (site.data / name for name in ("people.csv", "people-2.csv", "history.jsonl"))
    write_people(everybody, number=people - 3, seed=seed)
    write_few_without_city(few, first=people - 2, seed=seed)
    write_history(history, now=now, seed=seed)
    options = FileOptions(mapping={})
    imported = sum(import_people(path, options=options, now=now, actor=_ACTOR).rows for path in (everybody, few))
    with history.open("rb") as lines:
        taken = take_events(lines, policy=site.policy, qualifier=site.qualifier, now=now)
    opted_out = range(_OPTED_OUT_EVERY, people, _OPTED_OUT_EVERY)
    for place in opted_out:
        denylist_profile(f"P{place:06}", channel="email", now=now, actor=_ACTOR, because="asked by telephone")
    views.did(f"imported {imported} people, {taken.stored} events from the past, {len(opted_out)} opt-outs")


def _prepare(site: "Site", *, now: datetime, views: "Views") -> int:
    from rebond.services.deliveries import NewDelivery, create_delivery
    from rebond.services.prepare import prepare

    content = files("rebond.data").joinpath("demo")
    new = NewDelivery(
        name="The new selection",
        channel=Channel.EMAIL,
        sender=_SENDER,
        subject=_SUBJECT,
        text=content.joinpath("newsletter.txt").read_text("utf-8"),
        html=content.joinpath("newsletter.html").read_text("utf-8"),
        message_class=MessageClass.COMMERCIAL,
        validity=site.policy.validity,
        retries=site.policy.retries,
        retry_permanent=site.policy.retry_permanent,
        verify_all=True,
    )
    delivery = create_delivery(new, now=now, actor=_ACTOR).id
    prepared = prepare(
        delivery, content=site.content, providers=site.providers, policy=site.policy, now=now, actor=_ACTOR
    )
    views.did(f"prepared delivery {delivery}: {prepared.messages} messages for {prepared.target} people")
    return delivery


def _bring_visitors(site: "Site", *, seed: int, now: datetime, views: "Views") -> None:
    from rebond.simulate.sample_people import visitors
    from rebond.simulate.visitors import bring_visitors

    asked = visitors(_VISITORS, seed=seed)
    confirmed = bring_visitors(site, asked, seed=seed, now=now)
    views.did(f"{len(asked)} visitors of a landing page asked to subscribe: {confirmed} confirmed")


def _result(site: "Site", delivery: int) -> dict[str, Any]:
    from rebond.cli.delivery_read import report_json
    from rebond.services.report import report

    return report_json(report(delivery))


def _quarantine() -> dict[tuple[str, str], int]:
    from rebond.store.read.evidence import list_states

    found: dict[tuple[str, str], int] = {}
    for row in list_states():
        key = (row.state.status.value, row.state.reason.value if row.state.reason else "")
        found[key] = found.get(key, 0) + 1
    return found


def _one_why(site: "Site") -> Any:
    """Explain an address that says most: quarantined, by the longest history."""
    from rebond.core.words import AddressStatus
    from rebond.services.people import read_address
    from rebond.services.why import why
    from rebond.store.read.evidence import list_states

    best = max(
        list_states(channel=Channel.EMAIL, statuses=[AddressStatus.QUARANTINED]),
        key=lambda row: (row.state.error_count, row.text.startswith("full"), row.text),
        default=None,
    )
    if best is None:
        return None
    return best.text, why(read_address(best.text, channel=Channel.EMAIL), policy=site.policy)
