"""Reading bodies: JSON that can be stored, as it came, or a clear refusal."""

import json
from typing import Any, NoReturn, TypeVar

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.types import DictStrAny
from pydantic import BaseModel
from pydantic import ValidationError as PydanticError

from rebond.api.problems import ProblemError, in_words

M = TypeVar("M", bound=BaseModel)


def read_json(request: HttpRequest) -> Any:
    """Read a body of JSON; ProblemError when it is none, or holds what no database can store."""
    try:
        # Left to itself, the parser guesses at UTF-16, and takes halves of characters as they come.
        body = request.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProblemError(400, f"the body is not UTF-8: {error.reason} at byte {error.start}") from None
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except RecursionError:
        raise ProblemError(400, "the body is nested too deeply") from None
    except ValueError as error:
        raise ProblemError(400, f"the body is no JSON: {error}") from None
    # Only an escape can hold these; a body without one need not be looked at again.
    if "\\u" in body:
        _refuse_unstorable(value)
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _refuse_unstorable(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ProblemError(422, "a text holds half a character (a lone surrogate)") from None
    # A backslash that was written as one comes as two: what follows it is no escape.
    if "\\u0000" in text.replace("\\\\", ""):
        raise ProblemError(422, "a text holds a NUL character")


def read_object(request: HttpRequest, *, fields: frozenset[str]) -> dict[str, Any]:
    """Read a body that is an object with none but these fields; for bodies too large to be looked at twice."""
    value = read_json(request)
    if not isinstance(value, dict):
        raise ProblemError(422, "the body must be a JSON object")
    if unknown := [name for name in value if name not in fields]:
        words = "this field is unknown"
        raise ProblemError(422, "the request holds what it may not: see errors", [(n, words) for n in unknown])
    return value


def read_model(model: type[M], value: Any) -> M:
    """Read a value of JSON as a model; ProblemError names each field that is wrong."""
    try:
        return model.model_validate(value)
    except PydanticError as error:
        errors = [(".".join(map(str, item["loc"])), in_words(item)) for item in error.errors()]
        raise ProblemError(422, "the request holds what it may not: see errors", errors) from None


class StrictParser(Parser):
    """Ninja's parser of requests."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        value: DictStrAny = read_json(request)
        return value
