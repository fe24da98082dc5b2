"""`rebond qualify` and `rebond score`: verdicts, and how good they are."""

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, ParamSpec

import typer

from rebond.cli.output import (
    DataOption,
    Exit,
    JsonOption,
    data_directory,
    handles_errors,
    say,
    to_json,
    visible,
    wants_json,
)

if TYPE_CHECKING:
    from rebond.core.failure import Failure, Report
    from rebond.core.qualifier import Qualifier
    from rebond.core.words import Channel

P = ParamSpec("P")
_SECRETS_FILE = "secrets.toml"  # as in rebond.secrets_file, which is slow to import where nothing else needs it


def register(app: typer.Typer) -> None:
    """Add the commands of this family."""
    app.command()(qualify)
    app.command()(score)


def refusals_in_words(command: Callable[P, int]) -> Callable[P, None]:
    """Turn a refused rule or file into words and an exit code; needs neither configuration nor database."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        from rebond.core.qualify.rules import RuleError
        from rebond.services.errors import InputError

        try:
            code = command(*args, **kwargs)
        except RuleError as error:
            say(f"rebond: {error}")
            code = Exit.REFUSED
        except InputError as error:
            say(f"rebond: {error}")
            code = Exit.USAGE
        raise typer.Exit(code)

    return run


@refusals_in_words
def qualify(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH…|-]", help="Mails: files, folders, Maildirs, mbox files; `-` is standard input."),
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="Judge this reply instead of mails.")] = None,
    provider: Annotated[str, typer.Option(help="Who runs the receiving side (for --text).")] = "",
    channel: Annotated[str, typer.Option(help="email, sms or push (for --text).")] = "email",
    shipped: Annotated[
        bool, typer.Option("--shipped", help="By the shipped rules alone, not as a site judges.")
    ] = False,
    data: DataOption = None,
    json: JsonOption = False,
) -> int:
    """Read returned mails, or a reply, and print the verdicts: one JSON line each; nothing is stored.

    Where there is a site, the rules of its own come first, as in what it takes in; without one the shipped rules judge.
    """
    if (text is None) == (not paths):
        say("rebond: give the paths of mails (or - for standard input), or a reply with --text")
        return Exit.USAGE
    from rebond.core.words import Channel

    if channel not in list(Channel):
        say(f"rebond: channel is {channel!r}; it can be {', '.join(Channel)}")
        return Exit.USAGE

    def judge(qualifier: "Qualifier") -> int:
        if text is not None:
            return _qualify_text(text, provider=provider, channel=Channel(channel), as_json=json, qualifier=qualifier)
        return _qualify_paths(paths or [], as_json=json, qualifier=qualifier)

    site = None if shipped else _site_folder(data)
    return _judge_by_shipped_rules(judge) if site is None else _judge_as(site, judge)


def _site_folder(data: Path | None) -> Path | None:
    """Find the site that is asked for, or in the current folder; importing nothing of it, since most have none."""
    folder = data_directory(data)
    if (folder / _SECRETS_FILE).exists():
        return folder
    if data is not None:
        say(f"rebond: there is no Rebond in {data}: judged by the shipped rules alone")
    return None


def _judge_by_shipped_rules(judge: Callable[["Qualifier"], int]) -> int:
    from rebond.packs import default_qualifier

    return judge(default_qualifier())


def _judge_as(site: Path, judge: Callable[["Qualifier"], int]) -> NoReturn:
    @handles_errors
    def run() -> int:
        from rebond.wiring import open_site

        return judge(open_site(site).qualifier)

    run()
    raise AssertionError("a command that ends without an exit code")


def _qualify_text(text: str, *, provider: str, channel: "Channel", as_json: bool, qualifier: "Qualifier") -> int:
    from rebond.core.failure import Report
    from rebond.core.words import ReturnKind

    failure = qualifier.qualify_reply(text, channel=channel, provider=provider)
    report = Report(kind=ReturnKind.BOUNCE, failures=(failure,))
    _print(_row(report, None, qualifier=qualifier), as_json=as_json)
    return Exit.DONE


def _qualify_paths(paths: list[str], *, as_json: bool, qualifier: "Qualifier") -> int:
    from rebond.intake.files import Unreadable

    done = failed = 0
    for found in _mails(paths):
        if isinstance(found, Unreadable):
            failed += 1
            say(f"rebond: {found.path} cannot be read: {found.reason}")
            continue
        _print(_row(qualifier.qualify_mail(found.raw), found.path, qualifier=qualifier), as_json=as_json)
        done += 1
    if failed:
        return Exit.PARTLY if done else Exit.USAGE
    return Exit.DONE


def _mails(paths: Iterable[str]) -> Iterator[Any]:
    from rebond.intake.files import FoundMail, Unreadable, read_files
    from rebond.intake.mbox import is_from_line, split_mbox

    for path in paths:
        if path != "-":
            yield from read_files([Path(path)])
            continue
        raw = sys.stdin.buffer.read()
        if is_from_line(raw[:2000].partition(b"\n")[0]):
            for number, mail in enumerate(split_mbox(io.BytesIO(raw)), 1):
                yield FoundMail(f"-#{number}", mail)
        else:
            yield FoundMail("-", raw) if raw.strip() else Unreadable("-", "standard input is empty")


def _row(report: "Report", path: str | None, *, qualifier: "Qualifier") -> dict[str, Any]:
    from rebond.core.words import ReturnKind

    row: dict[str, Any] = {"path": path, "kind": str(report.kind)}
    if report.kind is ReturnKind.COMPLAINT:
        row["feedback_type"] = report.feedback_type
        row["failures"] = [_complaint(address, report) for address in report.complainants or (None,)]
    else:
        row["failures"] = [_failure(failure, qualifier) for failure in report.failures]
    return row


def _failure(failure: "Failure", qualifier: "Qualifier") -> dict[str, Any]:
    verdict = failure.verdict
    domain = failure.recipient.rpartition("@")[2]
    return {
        "recipient": failure.recipient or None,
        "type": str(verdict.type),
        "reason": str(verdict.reason),
        "cause": str(verdict.cause),
        "owner": str(verdict.owner),
        "code": failure.code or None,
        "enhanced": failure.enhanced or None,
        "provider": failure.provider or qualifier.providers.of_domain(domain),
        "rule": verdict.rule,
        "text": failure.text,
    }


def _complaint(address: str | None, report: "Report") -> dict[str, Any]:
    """A complaint has no type: it is no failure, but denylists the address (specification 03, section 1)."""
    return {
        "recipient": address,
        "type": None,
        "reason": "denylisted",
        "cause": "complaint",
        "owner": "recipient",
        "code": None,
        "enhanced": None,
        "provider": None,
        "rule": f"kind:{report.kind}",
        "text": report.feedback_type,
    }


def _print(row: Mapping[str, Any], *, as_json: bool) -> None:
    if wants_json(as_json):
        sys.stdout.write(to_json(row) + "\n")
        return
    typer.echo(visible(f"{row['path'] or 'text'}: {row['kind']}"))
    for failure in row["failures"]:
        verdict = "/".join(str(failure[key]) for key in ("type", "reason", "cause") if failure[key])
        whom = visible(failure["recipient"] or "unknown recipient")
        typer.echo(f"  {whom}: {verdict} ({failure['owner']}, {failure['rule']})")
        if failure["text"]:
            typer.echo("    " + visible(" ".join(failure["text"].split())[:160]))


def score(
    folder: Annotated[Path, typer.Argument(help="A labelled corpus: labels.jsonl, replies.jsonl, messages/.")],
    misses: Annotated[int, typer.Option(help="Show this many of what was got wrong.")] = 0,
    by: Annotated[str | None, typer.Option(help="Break the figures down by source, kind, reason or language.")] = None,
    source: Annotated[str | None, typer.Option(help="Only the rows of this source.")] = None,
    leave_out_rules_of: Annotated[
        str | None, typer.Option(help="Without the rules that win in this source of the corpus alone.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Measure reading and judging on a labelled corpus."""
    from rebond.cli.score import run

    raise typer.Exit(run(folder, misses, by, json, source, leave_out_rules_of))
