#!/usr/bin/env python3
"""Write the pages that are generated from the code; with --check, only tell which ones are out of date."""

import argparse
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parent
DOCS = TOOLS.parent / "docs"
sys.path.insert(0, str(TOOLS))

from reference.commands import commands, exit_codes  # noqa: E402
from reference.events import events  # noqa: E402
from reference.flows import returned, sending, states, trust  # noqa: E402
from reference.settings import configuration, policy_presets  # noqa: E402
from reference.words import delivery_states, quarantine_states, reasons_and_causes  # noqa: E402

PAGES = {
    "quarantine-states.md": quarantine_states,
    "reference/commands.md": commands,
    "reference/configuration.md": configuration,
    "reference/policy.md": policy_presets,
    "reference/reasons-and-causes.md": reasons_and_causes,
    "reference/delivery-states.md": delivery_states,
    "reference/events.md": events,
    "reference/exit-codes.md": exit_codes,
    "images/sending.svg": sending,
    "images/return.svg": returned,
    "images/states.svg": states,
    "images/trust.svg": trust,
}


def stale() -> list[str]:
    """List the committed pages that differ from what the code gives."""
    return [name for name, page in PAGES.items() if not _same(DOCS / name, page())]


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is out of date")
    if parser.parse_args().check:
        outdated = stale()
        for name in outdated:
            print(f"docs/{name} is out of date: run tools/generate-docs.py", file=sys.stderr)
        return 1 if outdated else 0
    for name, page in PAGES.items():
        (DOCS / name).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
