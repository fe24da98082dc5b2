"""A template's parsed tree: what may be in it, and the guards put into it before it is compiled."""

from collections.abc import Iterator
from typing import cast

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.visitor import NodeTransformer

from rebond.channels.content.filters import CONCAT, KEY, PUBLIC_FILTERS, TESTS, TICK, WEIGH
from rebond.core.said import said

_ALLOWED: frozenset[type[nodes.Node]] = frozenset(
    {
        nodes.Add, nodes.And, nodes.Assign, nodes.AssignBlock, nodes.Call, nodes.Compare, nodes.Concat, nodes.CondExpr,
        nodes.Const, nodes.Dict, nodes.Div, nodes.FilterBlock, nodes.Filter, nodes.FloorDiv, nodes.For, nodes.Getattr,
        nodes.Getitem, nodes.If, nodes.Keyword, nodes.List, nodes.Macro, nodes.Mod, nodes.Mul, nodes.NSRef,
        nodes.Name, nodes.Neg, nodes.Not, nodes.Operand, nodes.Or, nodes.Output, nodes.Pair, nodes.Pos, nodes.Pow,
        nodes.Slice, nodes.Sub, nodes.Template, nodes.TemplateData, nodes.Test, nodes.Tuple, nodes.With,
    }
)  # fmt: skip
_BODIES = ("body", "else_")
_NODES_PER_STEP = 32
MAX_TOKENS = 20_000


def guard(tree: nodes.Template, environment: Environment) -> nodes.Template:
    """Put the guards into a parsed template, which is changed by it."""
    guarded = cast(nodes.Template, _Guards().visit(tree))
    guarded.set_environment(environment)
    return guarded


class TokenLimit(Extension):
    """Stops reading a template that is too large to compile in reasonable time."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Pass the tokens on, so many and no more."""
        for count, token in enumerate(stream):
            if count > MAX_TOKENS:
                raise TemplateSyntaxError(
                    said("the template has over {max_tokens:,} words and signs", max_tokens=MAX_TOKENS), token.lineno
                )
            yield token


def check(tree: nodes.Template) -> None:
    """Raise TemplateSyntaxError, with its line, for what a template may not use."""
    stack: list[nodes.Node] = [tree]
    while stack:
        node = stack.pop()
        if type(node) not in _ALLOWED:
            raise TemplateSyntaxError(said("{tag} is not available here", tag=_tag(node)), node.lineno)
        if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
            raise TemplateSyntaxError(said("the attribute {attr!r} is internal", attr=node.attr), node.lineno)
        if isinstance(node, nodes.Filter) and node.name not in PUBLIC_FILTERS:
            raise TemplateSyntaxError(
                said(
                    "there is no filter {node_name!r}; there are {public_filters}",
                    node_name=node.name,
                    public_filters=tuple(sorted(PUBLIC_FILTERS)),
                ),
                node.lineno,
            )
        if isinstance(node, nodes.Test) and node.name not in TESTS:
            raise TemplateSyntaxError(
                said(
                    "there is no test {node_name!r}; there are {tests}", node_name=node.name, tests=tuple(sorted(TESTS))
                ),
                node.lineno,
            )
        stack.extend(node.iter_child_nodes())


def _tag(node: nodes.Node) -> str:
    return "{% " + type(node).__name__.lower() + " %}"


class _Guards(NodeTransformer):
    """Every block counts its work and its text, every value of open size is weighed before it is worked on."""

    def generic_visit(self, node: nodes.Node, *args: object, **kwargs: object) -> nodes.Node:
        if isinstance(node, nodes.For) and node.test is not None:
            # What a loop passes over has been worked on too.
            tick = _filter(TICK, nodes.Const(1), [nodes.Const(0)], node.lineno)
            node.test = nodes.And(tick, node.test, lineno=node.lineno)
        super().generic_visit(node, *args, **kwargs)
        for field in _BODIES:
            body = getattr(node, field, None)
            # An empty loop or macro works too.
            if body or (field == "body" and isinstance(node, nodes.For | nodes.Macro)):
                setattr(node, field, [_tick_for(body or [], node.lineno), *(body or [])])
        return _guarded(node)


def _guarded(node: nodes.Node) -> nodes.Node:
    match node:
        case nodes.Concat():
            return _filter(CONCAT, nodes.List(node.nodes, lineno=node.lineno), [], node.lineno)
        case nodes.Compare():
            node.expr = _weighed(node.expr)
            for operand in node.ops:
                operand.expr = _weighed(operand.expr)
        case nodes.Getitem(arg=nodes.Slice()):  # which does not pass by the environment
            node.node = _weighed(node.node)
        case nodes.Pair():
            node.key = _filter(KEY, node.key, [], node.lineno)  # hashing a tuple of tuples can take for ever
        case nodes.List() | nodes.Dict() | nodes.Tuple(ctx="load"):
            return _weighed(node)
    return node


def _weighed(node: nodes.Expr) -> nodes.Expr:
    return node if isinstance(node, nodes.Const) else _filter(WEIGH, node, [], node.lineno)


def _filter(name: str, value: nodes.Expr, args: list[nodes.Expr], line: int) -> nodes.Filter:
    return nodes.Filter(value, name, args, [], None, None, lineno=line)


def _tick_for(body: list[nodes.Node], line: int) -> nodes.ExprStmt:
    static = sum(
        len(child.data)
        for output in body
        if isinstance(output, nodes.Output)
        for child in output.nodes
        if isinstance(child, nodes.TemplateData)
    )
    steps = 1 + sum(map(_count, body)) // _NODES_PER_STEP
    tick = _filter(TICK, nodes.Const(steps, lineno=line), [nodes.Const(static, lineno=line)], line)
    return nodes.ExprStmt(tick, lineno=line)


def _count(node: nodes.Node) -> int:
    total, stack = 0, [node]
    while stack:
        total += 1
        stack.extend(stack.pop().iter_child_nodes())
    return total
