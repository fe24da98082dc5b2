"""The configuration that the operator's guide shows: the tests run it as it stands there, but for its places."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "operating.md"
BOUNCE_DOMAIN = "bounce.shop.example"
_SHOWN = re.compile(r"`(/etc/[^`\n]+)`[^`]*:\n+```\w*\n(.*?)```", re.S)


def shown(path: str) -> str:
    """The content that the guide shows for a file."""
    found = [text for name, text in _SHOWN.findall(GUIDE.read_text("utf-8")) if name == path]
    assert len(found) == 1, f"{GUIDE.name} shows {path} {len(found)} times"
    return str(found[0])
