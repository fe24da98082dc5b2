"""The filters and tests a template may use: a closed list, none of which can make much out of little."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from jinja2 import filters as stock
from jinja2 import pass_context
from jinja2 import tests as stock_tests
from jinja2.runtime import Undefined
from markupsafe import Markup, escape

from rebond.channels.content.budget import GuardedContext, LimitError, bounded
from rebond.core.said import said

MAX_ARGUMENT = 1_000


def as_text(value: object) -> str:
    """Return what a value prints as. Nothing is empty; a list or an object is a mistake in the template."""
    if isinstance(value, str):
        return value
    if isinstance(value, Undefined):
        return str(value)  # raises, with the name that is missing
    if value is None:
        return ""
    if isinstance(value, list | tuple | dict | range):
        raise TypeError(
            said("a {kind} cannot be printed as it is; use a loop, or |join(', ')", kind=type(value).__name__)
        )
    if type(value).__module__ in {"builtins", "datetime", "decimal"} and not callable(value):
        return str(value)
    raise TypeError(said("a {kind} cannot be printed", kind=type(value).__name__))


def _default(value: Any, default_value: object = "", boolean: bool = False) -> object:
    return default_value if isinstance(value, Undefined) or (boolean and not value) else value


def _replace(text: object, old: str, new: str, count: int | None = None) -> str:
    return as_text(text).replace(as_text(old), as_text(new), -1 if count is None else count)


def _round(value: object, precision: int = 0, method: str = "common") -> float:
    if not isinstance(value, int | float) or not 0 <= precision <= 10:
        raise ValueError(said("round takes a number and a precision from 0 to 10"))
    return float(stock.do_round(value, precision, method))  # type: ignore[arg-type] # jinja refuses a wrong method


def _split_words(text: object) -> list[str]:
    return as_text(text).split()


def _trim(text: object, characters: str | None = None) -> str:
    return as_text(text).strip(characters)


def _striptags(text: object) -> str:
    return Markup(as_text(text)).striptags()  # noqa: S704 # what comes out has no tags


def _plain(function: Callable[[str], str]) -> Callable[[object], str]:
    def apply(value: object) -> str:
        return function(as_text(value))

    return apply


def _truncate(text: object, length: int = 255, killwords: bool = False, end: str = "...") -> str:
    full = as_text(text)
    if not len(end) <= length:
        raise ValueError(
            said(
                "truncate cannot cut to {length} characters when the ending has {count}", length=length, count=len(end)
            )
        )
    if len(full) <= length:
        return full
    cut = full[: length - len(end)]
    return (cut if killwords else cut.rsplit(" ", 1)[0]) + end


_FILTERS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "abs": lambda value: bounded(abs(value)),
        "capitalize": _plain(lambda text: text.capitalize()),
        "e": escape,
        "escape": escape,
        "first": lambda values: next(iter(values), ""),
        "float": stock.do_float,
        "int": lambda value, default=0: bounded(stock.do_int(value, default)),
        "last": lambda values: next(reversed(values), ""),
        "list": list,
        "lower": _plain(lambda text: text.lower()),
        "reverse": lambda values: values[::-1],
        "round": _round,
        "safe": _plain(Markup),
        "string": as_text,
        "striptags": _striptags,
        "title": lambda text: stock.do_title(as_text(text)),
        "trim": _trim,
        "truncate": _truncate,
        "upper": _plain(lambda text: text.upper()),
        "urlencode": stock.do_urlencode,
        "words": _split_words,
    }
)


def check_arguments(values: tuple[object, ...]) -> None:
    """Refuse a long text as an argument: what is searched for, stripped or cut at is short."""
    if any(isinstance(value, str) and len(value) > MAX_ARGUMENT for value in values):
        raise LimitError(said("an argument has more than {max_argument:,} characters", max_argument=MAX_ARGUMENT))


def _guard(function: Callable[..., object]) -> Callable[..., object]:
    @pass_context
    def guarded(context: GuardedContext, value: object, *args: object, **kwargs: object) -> object:
        if isinstance(value, Undefined):
            str(value)
        context.budget.weigh(value)
        check_arguments((*args, *kwargs.values()))
        result = function(value, *args, **kwargs)
        context.budget.made(result)
        return result

    return guarded


@pass_context
def _replaced(context: GuardedContext, value: object, old: str, new: str, count: int | None = None) -> str:
    text = as_text(value)
    hold_replacement(context, text, as_text(old), as_text(new))
    return _replace(text, old, new, count)


def hold_replacement(context: GuardedContext, text: str, old: str, new: str) -> None:
    """Refuse a replacement whose result would be too long, before it is made (escaping counted)."""
    check_arguments((old,))
    context.budget.weigh(text)
    context.budget.hold(len(text) + text.count(old) * len(escape(new)))


@pass_context
def _joined(context: GuardedContext, values: object, separator: str = "", attribute: str | None = None) -> str:
    context.budget.weigh(values)
    items = list(values)  # type: ignore[call-overload] # not iterable: a production error
    if attribute is not None:
        items = [context.environment.getitem(item, attribute) for item in items]
    texts = [as_text(item) for item in items]
    context.budget.hold(6 * sum(map(len, texts)) + 6 * len(texts) * len(as_text(separator)))
    if context.eval_ctx.autoescape:
        return escape(separator).join(texts)
    return separator.join(texts)


@pass_context
def _sorted(context: GuardedContext, values: object, reverse: bool = False, attribute: str | None = None) -> object:
    for _ in range(8):  # n log n, roughly
        context.budget.weigh(values)
    items = list(values)  # type: ignore[call-overload] # not iterable: a production error
    get = context.environment.getitem
    return sorted(items, key=None if attribute is None else lambda item: get(item, attribute), reverse=reverse)


@pass_context
def _concatenated(context: GuardedContext, values: list[object]) -> str:
    texts = [as_text(value) for value in values]
    context.budget.hold(6 * sum(map(len, texts)))
    if context.eval_ctx.autoescape:
        return Markup("").join(texts)
    return "".join(texts)


@pass_context
def _tick(context: GuardedContext, steps: int, characters: int) -> bool:
    context.budget.spend(steps)
    context.budget.write(characters)
    return True


@pass_context
def _weighed(context: GuardedContext, value: object) -> object:
    context.budget.weigh(value)
    return value


def _key(value: object) -> object:
    if isinstance(value, str | int | float | None):
        return value
    raise TypeError(said("a {kind} cannot be the key of a dictionary", kind=type(value).__name__))


# No template can name these: they are put into the parsed tree (rewrite.py).
TICK, WEIGH, KEY, CONCAT = "#tick", "#weigh", "#key", "#concat"

PUBLIC_FILTERS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {name: _guard(function) for name, function in _FILTERS.items()}
    | {
        "count": len,
        "d": _default,
        "default": _default,
        "join": _joined,
        "length": len,
        "replace": _replaced,
        "sort": _sorted,
    }
)
FILTERS = dict(PUBLIC_FILTERS) | {TICK: _tick, WEIGH: _weighed, KEY: _key, CONCAT: _concatenated}


def _divisible(value: object, by: int = 2) -> bool:
    # Only numbers: on a text % is formatting, and a format can ask for any width.
    if not isinstance(value, int) or not isinstance(by, int):
        raise TypeError(said("only whole numbers are even, odd or divisible"))
    return value % by == 0


TESTS: Mapping[str, Callable[..., bool]] = MappingProxyType(
    {
        "boolean": stock_tests.test_boolean,
        "defined": stock_tests.test_defined,
        "divisibleby": _divisible,
        "even": _divisible,
        "false": stock_tests.test_false,
        "iterable": stock_tests.test_iterable,
        "mapping": stock_tests.test_mapping,
        "none": stock_tests.test_none,
        "number": stock_tests.test_number,
        "odd": lambda value: not _divisible(value),
        "sequence": stock_tests.test_sequence,
        "string": stock_tests.test_string,
        "true": stock_tests.test_true,
        "undefined": stock_tests.test_undefined,
    }
)
