#!/usr/bin/env python3
"""Keeps the French texts in step with the English ones: one catalogue beside each area of the console, one for the
pages that strangers see, and one for the sentences (`rebond.core.said`) of the core, the channels and all the rest.

`tools/translations.py` reads every English text from the code and the templates, brings each catalogue up to date (a
translation is kept, a text that is gone is dropped) and compiles it. `--check` writes nothing and ends with 1 when a
catalogue is behind, or a text has no French.
"""

import ast
import re
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
CODE = ROOT / "src/rebond"
CONSOLE = CODE / "console"
PUBLIC = CODE / "public"
SPEAKERS = ("core", "channels", "services")
# Only people at a terminal, and machines, read what these say.
_ENGLISH_ONLY = ("cli", "simulate")
# What is read by people outside an area's folder belongs to the frame.
SHARED = ("web", "site", "api")
_LAZY = ("gettext", "ngettext", "pgettext", "npgettext")
KEYWORDS = {**DEFAULT_KEYWORDS, **{f"{name}_lazy": DEFAULT_KEYWORDS[name] for name in _LAZY}, "gettext_noop": None}
HEADER = "# The French of this part of the console. Written by tools/translations.py; the translations by people.\n"


def areas() -> list[Path]:
    """The folders that have a catalogue."""
    return [*sorted(folder.parent for folder in CONSOLE.glob("*/templates")), PUBLIC, *map(CODE.joinpath, SPEAKERS)]


def sources(area: Path) -> list[Path]:
    """The files whose texts belong to an area; the sentences of whoever is no other speaker are the services'."""
    if area.name in SPEAKERS:
        apart = {"core": (), "channels": ()}.get(area.name, (*SPEAKERS[:2], *_ENGLISH_ONLY))
        below = area if area.name != "services" else CODE
        return sorted(path for path in below.rglob("*.py") if path.relative_to(below).parts[0] not in apart)
    found = [*area.rglob("*.py"), *area.rglob("templates/**/*.html"), *area.rglob("templates/**/*.txt")]
    if area.name == "shell":
        found += CONSOLE.glob("*.py")
        for name in SHARED:
            found += (ROOT / "src/rebond" / name).rglob("*.py")
    return sorted(found)


def sentences(path: Path) -> list[tuple[object, str | None]]:
    """The templates of the sentences of a file: what `said` and `said_n` of `rebond.core.said` are called with."""
    tree = ast.parse(path.read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {alias.name for one in imports if one.module == "rebond.core.said" for alias in one.names}
    names &= {"said", "said_n", "foreign"}
    found: list[tuple[object, str | None]] = []
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names:
            many = 2 if call.func.id == "said_n" else len(call.args) if call.func.id == "foreign" else 1
            given = [argument.value for argument in call.args[:many] if isinstance(argument, ast.Constant)]
            if len(given) != many:
                print(f"{path}:{call.lineno}: {call.func.id} takes its templates as plain texts", file=sys.stderr)
                continue
            found += [((given[0], given[1]), None)] if call.func.id == "said_n" else [(one, None) for one in given]
    return found


def texts(path: Path) -> list[tuple[object, str | None]]:
    """The English texts of a file, with the context of each."""
    code = path.read_text("utf-8")
    if path.suffix != ".py":
        from django.utils.translation import templatize

        code = templatize(code)
    return [
        message
        for _, function, message, _ in extract_python(BytesIO(code.encode()), KEYWORDS, (), {})
        for message in [_split(function, message)]
        if message
    ]


def _split(function: str, message: object) -> tuple[object, str | None] | None:
    parts = message if isinstance(message, tuple) else (message,)
    parts = tuple(part for part in parts if part is not None)
    if not parts:
        return None
    context = None
    if function.startswith(("pgettext", "npgettext")):
        context, *rest = parts
        parts = tuple(rest)
    if function.startswith(("ngettext", "npgettext", "ungettext")):
        return (parts[0], parts[1]), context
    return parts[0], context


def thin(french: str) -> str:
    """Put the thin space that does not break before the signs that French sets apart."""
    french = french.replace("« ", f"«{_THIN}").replace(" »", f"{_THIN}»")
    return re.sub(r" (?=[:;?!](\s|$))", _THIN, french)


_THIN = "\u202f"


def updated(area: Path) -> Catalog:
    """The area's catalogue as it should be."""
    path = area / "locale/fr/LC_MESSAGES/django.po"
    old = read_po(path.open("rb"), locale="fr") if path.exists() else Catalog(locale="fr")
    new = Catalog(locale="fr", header_comment=HEADER.rstrip(), fuzzy=False, project="Rebond")
    for source in sources(area):
        name = source.relative_to(ROOT).as_posix()
        for identifier, context in (sentences if area.name in SPEAKERS else texts)(source):
            key = identifier[0] if isinstance(identifier, tuple) else identifier
            known = old.get(key, context)
            string = known.string if known and isinstance(known.id, tuple) == isinstance(identifier, tuple) else ""
            string = tuple(map(thin, string)) if isinstance(string, tuple | list) else thin(string)
            new.add(identifier, string=string or None, locations=[(name, 0)], context=context)
    return new


_ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)
_CHANGING = tuple(
    f'"{name}'
    for name in ("POT-Creation", "PO-Revision", "Generated-By", "Last-Tr", "Language-Team", "Project-Id", "Report-")
)


def in_bytes(catalogue: Catalog) -> bytes:
    """A catalogue as its file has it: sorted, without the lines and times that would change with every edit."""
    out = BytesIO()
    lines = Catalog(locale="fr", header_comment=catalogue.header_comment, fuzzy=False)
    for message in catalogue:
        if message.id:
            lines.add(message.id, message.string, context=message.context)
    write_po(out, lines, sort_output=True, omit_header=False, width=110, no_location=True)
    kept = [line for line in out.getvalue().decode().splitlines() if not line.startswith(_CHANGING)]
    return ("\n".join(kept) + "\n").encode()


def compiled(catalogue: Catalog) -> bytes:
    """A catalogue as programs read it."""
    out = BytesIO()
    plain = read_po(BytesIO(in_bytes(catalogue)), locale="fr")
    plain.creation_date = plain.revision_date = _ALWAYS
    write_mo(out, plain)
    return out.getvalue()


def untranslated(catalogue: Catalog) -> list[str]:
    """The texts without French."""
    return [
        str(message.id)
        for message in catalogue
        if message.id and not (all(message.string) if isinstance(message.string, tuple | list) else message.string)
    ]


def main() -> int:
    """Write the catalogues, or check them."""
    check = "--check" in sys.argv[1:]
    wanted = [name for name in sys.argv[1:] if not name.startswith("-")]
    behind = 0
    for area in areas():
        if wanted and area.name not in wanted:
            continue
        catalogue = updated(area)
        folder = area / "locale/fr/LC_MESSAGES"
        files = {folder / "django.po": in_bytes(catalogue), folder / "django.mo": compiled(catalogue)}
        for path, content in files.items():
            if path.exists() and path.read_bytes() == content:
                continue
            if check:
                print(f"{path.relative_to(ROOT)} is behind: run tools/translations.py")
                behind += 1
            else:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        for text in untranslated(catalogue):
            print(f"{area.name}: no French for {text!r}")
            behind += 1
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
