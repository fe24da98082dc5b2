"""The site that `make docs` builds: nothing in it is fetched from elsewhere, and every picture is in it."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.missing import missing

MKDOCS = ROOT / ".venv-docs" / "bin" / "mkdocs"
# Scripts, styles, pictures and fonts; a link that a person may follow fetches nothing.
_FETCHED = re.compile(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?([^\" >]+)|<link\b[^>]*\bhref=\"?([^\" >]+)[^>]*>")


@pytest.mark.slow
def test_the_site_fetches_nothing_from_elsewhere(tmp_path: Path) -> None:
    if not MKDOCS.exists():
        missing("mkdocs is not installed: make docs installs it")
    command = [MKDOCS, "build", "--strict", "--quiet", "--site-dir", tmp_path]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    pictures = set()
    for page in tmp_path.rglob("*.html"):
        for found in _FETCHED.finditer(page.read_text("utf-8")):
            place = found[1] or found[2]
            assert not re.match(r"(?:https?:)?//", place), f"{page}: {place}"
            if place.endswith(".svg"):
                assert (page.parent / place).is_file(), f"{page}: {place}"
                pictures.add(Path(place).name)
    assert pictures == {"sending.svg", "return.svg", "states.svg", "trust.svg"}
