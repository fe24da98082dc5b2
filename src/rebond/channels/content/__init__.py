"""Templates: Jinja in a sandbox with bounded work and output (specification 05, "Content").

A template comes from a person who may be mistaken or hostile; a field comes from a file of unknown origin. Neither can
reach anything but the fields, run without end, or make much text out of little.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import CodeType, TracebackType

import jinja2
from jinja2 import meta

from rebond.channels.content.budget import MAX_OUTPUT, Budget, GuardedContext
from rebond.channels.content.rewrite import check, guard
from rebond.channels.content.sandbox import Sandbox
from rebond.core.said import foreign, said, words_of

__all__ = ["MAX_OUTPUT", "MAX_SOURCE", "ContentError", "ProductionError", "Template", "compile_template"]

MAX_SOURCE = 1 << 20


# What the template engine says of a template.
EXPECTED = foreign(
    "Encountered unknown tag {tag!r}.",
    "Encountered unknown tag {tag!r}. Jinja was looking for the following tags: {tags}. {rest}",
    "Unexpected end of template. Jinja was looking for the following tags: {tags}. {rest}",
    "unexpected end of template, expected {expected!r}.",
    "expected token {expected!r}, got {found!r}",
    "Expected an expression, got {found!r}",
    "unexpected {found!r}",
    "unexpected {found!r}, expected {expected!r}",
    "unexpected char {found!r} at {place}",
    "tag name expected",
    "Missing end of comment tag",
    "{thing!r} is undefined",
    "division by zero",
)


class ContentError(ValueError):
    """A content that cannot be sent to anybody: its words say where, and what to do."""


class ProductionError(ValueError):
    """A message that cannot be built for this profile: its words go to the sending log."""


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template. `names` are the fields that it speaks of."""

    name: str
    names: frozenset[str]
    limit: int
    _compiled: jinja2.Template

    def render(self, fields: Mapping[str, object]) -> str:
        """Fill the template in; raises ProductionError with the words for the log."""
        context = self._compiled.new_context(dict(fields))
        assert isinstance(context, GuardedContext)
        budget = context.budget = Budget(self.limit)
        pieces: list[str] = []
        length = 0
        try:
            for piece in self._compiled.root_render_func(context):
                length += len(piece)
                if length > self.limit:
                    budget.hold(length)
                pieces.append(piece)
        except Exception as error:  # whatever a template does, it concerns this message only
            raise ProductionError(
                said("{place}: {words}", place=self._place(error.__traceback__), words=_words(error))
            ) from None
        return "".join(pieces)

    def _place(self, trace: TracebackType | None) -> str:
        line = 0
        while trace is not None:
            if trace.tb_frame.f_globals.get("__jinja_template__") is self._compiled:
                line = self._compiled.get_corresponding_lineno(trace.tb_lineno)
            trace = trace.tb_next
        return said("{name}, line {line:d}", name=self.name, line=line) if line else self.name


def compile_template(source: str, *, html: bool, name: str, limit: int = MAX_OUTPUT) -> Template:
    """Check and compile a template once a delivery; raises ContentError with the line.

    `html` turns escaping on; `name` says which part this is in errors; `limit` is in characters.
    """
    if len(source) > MAX_SOURCE:
        raise ContentError(
            said(
                "{name}: the template has {count:,} characters; at most {max_source:,} are taken",
                name=name,
                count=len(source),
                max_source=MAX_SOURCE,
            )
        )
    sandbox = _sandbox(html)
    try:
        tree = sandbox.parse(source, name)
        check(tree)
        names = frozenset(meta.find_undeclared_variables(tree))
        code = sandbox.compile(guard(tree, sandbox), name, name)
    except jinja2.TemplateSyntaxError as error:
        raise ContentError(
            said("{name}, line {lineno:d}: {message}", name=name, lineno=error.lineno, message=error.message)
        ) from None
    except (RecursionError, MemoryError, SyntaxError, ValueError, OverflowError) as error:
        raise ContentError(
            said("{name}: it is nested too deeply or holds an impossible number: {error}", name=name, error=error)
        ) from None
    assert isinstance(code, CodeType)
    return Template(name, names, limit, jinja2.Template.from_code(sandbox, code, sandbox.globals))


@cache
def _sandbox(html: bool) -> Sandbox:
    return Sandbox(html=html)


def _words(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return said("a macro or a loop calls itself too often")
    return words_of(error) or type(error).__name__
