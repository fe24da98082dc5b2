"""Boxes and arrows as SVG, at the places that they are given: nothing is fetched or run to show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

LINE = 18
_WIDE = 6.9  # of one letter of 13 px, at most, in the usual sans-serif fonts
_FILLS = {
    "plain": "#ffffff",
    "start": "#e8eefc",
    "good": "#e5f5e8",
    "bad": "#fbe7e6",
    "wait": "#fff4dc",
    "note": "none",
}

_FONT = 'font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#222"'
_HEAD = (
    '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8"'
    ' orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="#555"/></marker></defs>'
)


@dataclass(frozen=True)
class Box:
    """A box with a title and lines below it; `kind` is its colour."""

    x: int
    y: int
    width: int
    title: str
    lines: Sequence[str] = ()
    kind: str = "plain"

    @property
    def height(self) -> int:
        return LINE * (len(self.lines) + bool(self.title)) + 16

    @property
    def wanted(self) -> float:
        """How wide its longest line is, at most."""
        return max([len(self.title) * _WIDE * 1.08, *(len(line) * _WIDE for line in self.lines)]) + 16


@dataclass(frozen=True)
class Arrow:
    """A line through these points, which ends in an arrow, with words whose first line stands at `at`."""

    points: Sequence[tuple[int, int]]
    words: Sequence[str] = ()
    at: tuple[int, int] = (0, 0)
    anchor: str = "middle"
    dashed: bool = False


def draw(title: str, *, width: int, height: int, boxes: Sequence[Box], arrows: Sequence[Arrow]) -> str:
    """Write a picture; its title is what is read out to those who do not see it."""
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {_FONT}>',
        f"<title>{escape(title)}</title>",
        _HEAD,
        f'<rect width="{width}" height="{height}" fill="#fdfdfd"/>',
        *(line for arrow in arrows for line in _arrow(arrow)),
        *(line for box in boxes for line in _box(box)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _box(box: Box) -> list[str]:
    shape = f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="6"'
    edge = "none" if box.kind == "note" else "#777"
    found = [f'{shape} fill="{_FILLS[box.kind]}" stroke="{edge}"/>']
    middle = box.x + box.width // 2
    baseline = box.y + 8 + 13
    if box.title:
        found.append(
            f'<text x="{middle}" y="{baseline}" text-anchor="middle" font-weight="bold">{_text(box.title)}</text>'
        )
        baseline += LINE
    for number, line in enumerate(box.lines):
        found.append(f'<text x="{middle}" y="{baseline + number * LINE}" text-anchor="middle">{_text(line)}</text>')
    return found


def _arrow(arrow: Arrow) -> list[str]:
    path = "M" + "L".join(f"{x} {y}" for x, y in arrow.points)
    dashes = ' stroke-dasharray="5 4"' if arrow.dashed else ""
    found = [f'<path d="{path}" fill="none" stroke="#555"{dashes} marker-end="url(#head)"/>']
    x, y = arrow.at
    for number, line in enumerate(arrow.words):
        place = f'x="{x}" y="{y + number * LINE}" text-anchor="{arrow.anchor}"'
        found.append(f'<text {place} font-style="italic" fill="#333">{_text(line)}</text>')
    return found


def _text(words: str) -> str:
    return escape(words, quote=False)
