"""The sandbox: what a template's expressions may reach, call and calculate."""

import operator
from collections.abc import Callable, Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Any

from jinja2 import StrictUndefined, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, missing
from markupsafe import Markup

from rebond.channels.content.budget import MAX_NUMBER, GuardedContext, LimitError, bounded
from rebond.channels.content.filters import FILTERS, TESTS, as_text, check_arguments, hold_replacement
from rebond.channels.content.rewrite import TokenLimit
from rebond.core.said import said

MAX_RANGE = 100_000
_MAX_POWER = 64

_TEXT_METHODS = frozenset(
    {
        "capitalize", "casefold", "count", "endswith", "find", "isalnum", "isalpha", "isdigit", "islower", "isnumeric",
        "isspace", "istitle", "isupper", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace",
        "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper",
    }
)  # fmt: skip
_MAPPING_METHODS: Mapping[str, Callable[..., object]] = MappingProxyType(
    {
        "get": lambda mapping, key, default=None: mapping.get(key, default),
        "items": lambda mapping: list(mapping.items()),
        "keys": list,
        "values": lambda mapping: list(mapping.values()),
    }
)
_LOOP_PARTS = frozenset(
    {
        "changed", "cycle", "depth", "depth0", "first", "index", "index0", "last", "length", "nextitem", "previtem",
        "revindex", "revindex0",
    }
)  # fmt: skip
_TIME_PARTS = frozenset({"day", "hour", "isoformat", "minute", "month", "second", "weekday", "year"})
_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {"-": operator.sub, "/": operator.truediv, "//": operator.floordiv, "%": operator.mod}
)


class MissingName(StrictUndefined):
    """A name that the profile does not have: using it is an error that says which."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._undefined_obj is missing and self._undefined_name:
            return said(
                "the profile has no {undefined_name!r}, and the template gives no default",
                undefined_name=self._undefined_name,
            )
        return super()._undefined_message


class _Method:
    """A method of a text or a mapping on its way to being called."""

    __slots__ = ("name", "owner")

    def __init__(self, owner: str | dict[Any, Any], name: str) -> None:
        self.owner = owner
        self.name = name


class _Range:
    """What `range` names."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja with nothing to reach but data, and nothing to call but what is listed here."""

    context_class = GuardedContext
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, *, html: bool) -> None:
        super().__init__(
            autoescape=html,
            undefined=MissingName,
            finalize=_printed,
            extensions=[TokenLimit],
            optimized=False,
            cache_size=0,
            auto_reload=False,
        )
        self.filters = FILTERS
        self.tests = dict(TESTS)
        self.globals = {"range": _Range(), "namespace": Namespace}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Reach a part of a value: a mapping's item, then a method or part that is listed."""
        if isinstance(obj, Undefined):
            return getattr(obj, attribute)  # raises, with the name that is missing
        if attribute.startswith("_"):
            return self.undefined(
                f"the attribute {attribute!r} is internal", name=attribute, obj=obj, exc=SecurityError
            )
        if isinstance(obj, dict):
            if attribute in obj:
                return obj[attribute]
            known = attribute in _MAPPING_METHODS
        else:
            known = isinstance(obj, str) and attribute in _TEXT_METHODS
        if known:
            return _Method(obj, attribute)
        if isinstance(obj, LoopContext):
            return getattr(obj, attribute) if attribute in _LOOP_PARTS else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, Namespace):
            return self._item(obj, attribute)
        if isinstance(obj, date | time) and attribute in _TIME_PARTS and hasattr(obj, attribute):
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Reach an item by key or position; a dotted name falls back to the listed parts."""
        if isinstance(obj, Undefined):
            return obj[argument]  # raises, with the name that is missing
        if isinstance(argument, str | int | float | None) and isinstance(obj, dict | list | tuple | str | range):
            found = self._item(obj, argument)
            if not isinstance(found, Undefined):
                return found
        if isinstance(argument, str):
            return self.getattr(obj, str(argument))
        return self.undefined(obj=obj, name=argument)

    def _item(self, obj: Any, argument: Any) -> Any:
        try:
            return obj[argument] if not isinstance(obj, Namespace) else obj._Namespace__attrs[argument]
        except (TypeError, LookupError):
            return self.undefined(obj=obj, name=argument)

    def call(__self, __context: GuardedContext, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override] # noqa: N805
        """Call what is listed; every argument is weighed first."""
        kwargs.pop("_loop_vars", None)  # the compiler's own, inside loops and blocks
        kwargs.pop("_block_vars", None)
        budget = __context.budget
        for value in (*args, *kwargs.values()):
            budget.weigh(value)
        if isinstance(__obj, _Method):
            return _apply(__context, __obj, args, kwargs)
        if isinstance(__obj, _Range):
            return _range(*args)
        budget.spend(1)
        if isinstance(__obj, Macro | LoopContext) or __obj is Namespace or _is_loop_method(__obj):
            return __context.call(__obj, *args, **kwargs)
        if isinstance(__obj, Undefined):
            return __obj()  # raises, with the name that is missing
        if isinstance(getattr(__obj, "__self__", None), date | time):
            return __obj()
        raise SecurityError(said("a {kind} cannot be called", kind=type(__obj).__name__))

    def call_binop(self, context: GuardedContext, operator: str, left: Any, right: Any) -> Any:  # type: ignore[override]
        """Calculate, within bounds: a few characters of source may not make a huge value."""
        if isinstance(left, Undefined) or isinstance(right, Undefined):
            str(left), str(right)  # raises, with the name that is missing
        if operator == "+":
            return bounded(_add(context, left, right))
        if operator == "*":
            return bounded(_multiply(context, left, right))
        if not _is_number(left) or not _is_number(right):
            raise TypeError(
                said(
                    "{operator} takes two numbers, not {kind} and {kind2}",
                    operator=operator,
                    kind=type(left).__name__,
                    kind2=type(right).__name__,
                )
            )
        if operator == "**":
            if abs(right) > _MAX_POWER or abs(left) > MAX_NUMBER:
                raise LimitError(said("a number grows past 2^64"))
            return bounded(left**right)
        return bounded(_OPERATORS[operator](left, right))


@pass_context
def _printed(context: GuardedContext, value: object) -> str:
    text = value if type(value) is str else as_text(value)
    context.budget.write(len(text))
    return text


def _apply(context: GuardedContext, method: _Method, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
    context.budget.weigh(method.owner)
    check_arguments((*args, *kwargs.values()) if method.name != "replace" else args[:1])
    if isinstance(method.owner, dict):
        result = _MAPPING_METHODS[method.name](method.owner, *args, **kwargs)
    else:
        if method.name == "replace":
            hold_replacement(context, method.owner, as_text(args[0]), as_text(args[1]))
        result = getattr(method.owner, method.name)(*args, **kwargs)
    context.budget.made(result)
    return result


def _range(*args: Any) -> range:
    made = range(*args)
    if len(made) > MAX_RANGE:
        raise LimitError(said("range makes more than {max_range:,} items", max_range=MAX_RANGE))
    return made


def _is_loop_method(value: object) -> bool:
    return isinstance(getattr(value, "__self__", None), LoopContext)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) or type(value).__module__ == "decimal"


def _add(context: GuardedContext, left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        escaped = isinstance(left, Markup) or isinstance(right, Markup)
        context.budget.hold((len(left) + len(right)) * (6 if escaped else 1))
    else:
        context.budget.weigh(left)
        context.budget.weigh(right)
    return left + right


def _multiply(context: GuardedContext, left: Any, right: Any) -> Any:
    if isinstance(right, str | list | tuple):
        left, right = right, left
    if isinstance(left, str):
        context.budget.hold(len(left) * max(right, 0))
    elif isinstance(left, list | tuple):
        for _ in range(max(right, 0)):  # stops when the allowance is used up
            context.budget.weigh(left)
    elif not (_is_number(left) and _is_number(right)):
        raise TypeError(
            said("* cannot multiply {kind} by {kind2}", kind=type(left).__name__, kind2=type(right).__name__)
        )
    return left * right
