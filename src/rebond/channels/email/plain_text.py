"""The text part made from an HTML part that comes without one.

One pass that only goes forward, and little work a tag: it is done for every message. The standard parser takes several
times as long, and quadratic time on some broken pages.
"""

import html
import re

_SPACE = re.compile(r"[ \t\r\n\f]+")
_NAME = re.compile(r"/?([A-Za-z][A-Za-z0-9]*)")
_HREF = re.compile(r"\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_ALT = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_SPACES = re.compile(r" {2,}")
_AROUND_LINE_END = re.compile(r" ?\n[\n ]*")
_FOLLOWED = ("http:", "https:", "mailto:")
_SKIPPED = {name: re.compile(f"</{name}\\b", re.IGNORECASE) for name in ("head", "script", "style", "title")}
_PARAGRAPH, _LINE, _CELL = "\n\n", "\n", " "
_BREAKS = {
    **dict.fromkeys(
        ("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "hr"), _PARAGRAPH
    ),
    **dict.fromkeys(
        ("div", "tr", "li", "br", "section", "article", "header", "footer", "center", "dt", "dd", "address", "body"),
        _LINE,
    ),
    **dict.fromkeys(("td", "th"), _CELL),
}


class _Page:
    """What has been made of a page so far, entities still in it."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.link = ""
        self.link_at = 0

    def tag(self, text: str) -> str:
        """Take a tag in (without its brackets); returns its name in lower case when what it holds is to be skipped."""
        match = _NAME.match(text)
        if not match:
            return ""
        name = match.group(1).lower()
        if name in _BREAKS:
            self.out.append("\n- " if name == "li" and text[0] != "/" else _BREAKS[name])
        elif name == "a":
            self.end_link()
            if text[0] != "/":
                self.begin_link(text)
        elif name == "img":
            alt = _ALT.search(text)
            if alt:
                self.out.append(alt.group(1) or alt.group(2) or "")
        return name if name in _SKIPPED and text[0] != "/" else ""

    def begin_link(self, text: str) -> None:
        href = _HREF.search(text)
        if href:
            self.link = (href.group(1) or href.group(2) or href.group(3) or "").replace(" ", "")
            self.link_at = len(self.out)

    def end_link(self) -> None:
        link, self.link = self.link, ""
        if link and link.lower().startswith(_FOLLOWED):
            shown = "".join(self.out[self.link_at :]).strip()
            if shown not in {link, link.removeprefix("mailto:")}:
                self.out.append(f" ({link})")


def text_of(page: str) -> str:
    """Make readable text of HTML, links in parentheses behind their words; linear time, never raises."""
    made = _Page()
    made.out.append(_walk(_SPACE.sub(" ", page), made))
    made.end_link()
    text = html.unescape("".join(made.out)).replace("\xa0", " ")
    return _AROUND_LINE_END.sub(_line_end, _SPACES.sub(" ", text)).strip() + "\n"


def _walk(page: str, made: _Page) -> str:
    """Take everything in up to the last tag; returns the text behind it."""
    position, say = 0, made.out.append
    while (start := page.find("<", position)) >= 0:
        if start > position:
            say(page[position:start])
        following = page[start + 1 : start + 2]
        if following == "!" and page.startswith("--", start + 2):
            end = page.find("-->", start + 4)
            if end < 0:
                return ""
            position = end + 3
            continue
        if not following.isalpha() and following not in {"/", "!", "?"}:
            say("<")
            position = start + 1
            continue
        end = page.find(">", start)
        if end < 0:
            return page[start:]
        tag = page[start + 1 : end]
        if '"' in tag and tag.count('"') % 2:  # the bracket stands within a quoted value
            quote = page.find('"', end)
            end = max(page.find(">", quote), end) if quote >= 0 else end
            tag = page[start + 1 : end]
        skipped, position = made.tag(tag), end + 1
        if skipped:
            closing = _SKIPPED[skipped].search(page, position)
            if not closing:
                return ""
            position = closing.start()
    return page[position:]


def _line_end(match: re.Match[str]) -> str:
    return "\n\n" if match.group().count("\n") > 1 else "\n"
