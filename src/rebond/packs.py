"""Loads the shipped rules, codes and providers, and keeps their compiled form between processes.

Compiling takes far longer than everything else that a short command does, so the compiled form is kept in a cache
directory, by digest. The cache is only ever a shortcut: unreadable, damaged or unwritable, it is passed over in
silence.
"""

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from rebond.core.qualifier import Qualifier
from rebond.core.qualify.codes import load_codes
from rebond.core.qualify.engine import RuleEngine
from rebond.core.qualify.loading import load_rules
from rebond.core.qualify.providers import Providers, load_providers
from rebond.core.qualify.rule_form import parse_rules, unfit
from rebond.core.qualify.rules import Pack, Problem, Rule, RuleError
from rebond.core.words import Channel

DATA = Path(__file__).parent / "data"
# Compiled forms kept; a site has one, a developer a few.
_KEPT = 8
_KEPT_PARTS = 256
_FORMAT = 1


def load_qualifier(*, extra_rules: Iterable[Rule] = (), cache_dir: Path | None = None) -> Qualifier:
    """Make a qualifier from the shipped packs and a site's own rules.

    `cache_dir` is where compiled forms are kept; without it the user's cache directory. Raises RuleError when a rule
    is refused.
    """
    directory = cache_dir or user_cache()
    documents = _documents(directory)
    shipped = Pack.of(_rules(documents["rules"], with_examples=False))
    return Qualifier(
        RuleEngine.before(
            extra_rules,
            compile_pack(shipped, cache_dir=directory),
            make=partial(compile_pack, cache_dir=directory, name="site", most=_KEPT_PARTS),
        ),
        codes=load_codes(documents["codes"]),
        providers=load_providers(documents["providers"]),
    )


@cache
def default_qualifier() -> Qualifier:
    """Return the qualifier of the shipped packs, made once a process."""
    return load_qualifier()


@cache
def default_providers() -> Providers:
    """Return the shipped table of providers, made once a process."""
    import tomllib  # slow to import, and not needed where the parsed files are kept

    return load_providers(tomllib.loads((DATA / "providers.toml").read_text(encoding="utf-8")))


def compile_pack(pack: Pack, *, cache_dir: Path | None = None, name: str = "engine", most: int = _KEPT) -> RuleEngine:
    """Compile a pack, or take its compiled form from the cache; raises RuleError for a pattern that is refused.

    Of compiled forms of one `name` the cache keeps so many, those that were used last.
    """
    directory = cache_dir or user_cache()
    path = directory / f"{name}-{pack.digest[:32]}-{_library()}.bin"
    with contextlib.suppress(OSError, ValueError):
        engine = RuleEngine.deserialise(pack, path.read_bytes())
        with contextlib.suppress(OSError):
            os.utime(path)
        return engine
    engine = RuleEngine(pack)
    _keep(path, engine.serialise(), most=most)
    return engine


def load_shipped_rules(*, cache_dir: Path | None = None) -> tuple[Rule, ...]:
    """Read the shipped rules with their examples; raises RuleError when one is refused.

    `cache_dir` is where parsed files are kept; without it they are parsed.
    """
    documents = _documents(cache_dir) if cache_dir else _parse(rule_files())
    return tuple(_rules(documents["rules"], with_examples=True))


def rule_files() -> tuple[Path, ...]:
    """Return the shipped rule files, in the order of their names."""
    return tuple(sorted((DATA / "rules").glob("*/*.toml")))


def read_rule_file(path: Path, *, channel: Channel = Channel.EMAIL, console: bool = False) -> tuple[Rule, ...]:
    """Read one rule file; raises RuleError with file, line, rule and reason when it is refused."""
    try:
        text = path.read_text(encoding="utf-8")
        document = parse_rules(text)
    except ValueError as error:
        problem = Problem(file=str(path), line=0, rule="", words=f"the file is not valid TOML: {error}")
        raise RuleError([problem]) from None
    tables = document.get("rule", ())
    for table in tables if isinstance(tables, list) else ():
        if isinstance(table, dict) and (words := unfit(table)):
            raise RuleError([Problem(file=path.name, line=0, rule="", words=f"it holds a rule with {words}")])
    return load_rules(document, file=path.name, channel=channel, console=console, lines=_lines(text))


def user_cache() -> Path:
    """Return the user's cache directory for Rebond (XDG base directories)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "rebond"


def _documents(directory: Path) -> dict[str, Any]:
    """Return the parsed data files; parsing TOML is slow, so they are kept as JSON under the digest of the files."""
    files = (*rule_files(), DATA / "codes.toml", DATA / "providers.toml")
    digest = hashlib.sha256(str(_FORMAT).encode())
    for file in files:
        digest.update(b"\0".join((str(file.relative_to(DATA)).encode(), file.read_bytes(), b"")))
    path = directory / f"pack-{digest.hexdigest()[:32]}.json"
    with contextlib.suppress(OSError, ValueError, KeyError):
        documents: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {key: documents[key] for key in ("rules", "codes", "providers")}
    documents = _parse(rule_files())
    _keep(path, json.dumps(documents, default=str).encode())
    return documents


def _parse(files: Iterable[Path]) -> dict[str, Any]:
    import tomllib

    rules = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        entry = {"file": file.stem, "channel": file.parent.name, "lines": _lines(text), "document": tomllib.loads(text)}
        rules.append(entry)
    codes, providers = (
        tomllib.loads((DATA / name).read_text(encoding="utf-8")) for name in ("codes.toml", "providers.toml")
    )
    return {"rules": rules, "codes": codes, "providers": providers}


def _rules(entries: Iterable[Mapping[str, Any]], *, with_examples: bool) -> Iterable[Rule]:
    for entry in entries:
        yield from load_rules(
            entry["document"],
            file=entry["file"],
            channel=Channel(entry["channel"]),
            lines=entry["lines"],
            with_examples=with_examples,
        )


def _lines(text: str) -> list[int]:
    """Return the line of each rule, for messages: TOML parsers do not tell it."""
    heading = re.compile(r"\s*\[\[\s*rule\s*\]\]")
    return [number for number, line in enumerate(text.splitlines(), 1) if heading.match(line)]


@cache
def _library() -> str:
    """Name the pattern library: what one version compiled another may not load."""
    try:
        import hyperscan
    except ImportError:
        return "re2"
    return f"hyperscan-{getattr(hyperscan, '__version__', '')}"


def _keep(path: Path, data: bytes, *, most: int = _KEPT) -> None:
    """Write a cache file so that no other process ever sees half of it, and let the oldest go."""
    import tempfile  # slow to import, and mostly nothing is written

    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        os.replace(file.name, path)
        kept = sorted(path.parent.glob(f"{path.name.partition('-')[0]}-*"), key=lambda item: -item.stat().st_mtime)
        for old in kept[most:]:
            old.unlink()
