"""The application of the API: its description as OpenAPI 3.1, its errors, and the shapes that lists share."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Swagger
from ninja.openapi.schema import OpenAPISchema
from pydantic import BaseModel, ConfigDict, Field

from rebond.api.bodies import StrictParser
from rebond.api.gate import IDEMPOTENCY, JSON, SCOPE, gate
from rebond.api.problems import MEDIA_TYPE, answer_to
from rebond.core.webhooks import EventType

MOST_ITEMS = 10_000
Limit = Annotated[int, Field(ge=1, le=1000, description="How many at most.")]
Cursor = Annotated[str, Field(max_length=4096, description="`next` of the page before; none for the first page.")]
Number = Annotated[int, Field(ge=1, le=2**63 - 1)]
# In a body a number is a number: no text of digits, no true.
Whole = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]
Flag = Annotated[bool, Field(strict=True)]


class Given(BaseModel):
    """A body; what it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class Told(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(from_attributes=True)


class FieldProblem(Told):
    field: str
    problem: str


class Problem(Told):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []
    scope: str | None = None


_DESCRIPTION = """
Everything that the console and the command line do. Authenticate with a key from `rebond key add` or from
Administration › API keys: `Authorization: Bearer rbd_…`. Each operation names the scope that it takes.

Lists come in pages: send `next` of a page as `cursor`, with the same parameters, until it is null. A `POST` that bears
an `Idempotency-Key` is done once: sent again within 24 hours, it is answered as the first time. Errors are
`application/problem+json`. `RateLimit-…` headers tell what the key has left in this minute.
"""


class Api(NinjaAPI):
    """Ninja's application, with what every endpoint shares written into its description."""

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        answered = answer_to(exc)
        if answered is None:
            raise exc
        return answered

    _made: OpenAPISchema | None = None

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        # Anybody may ask for it, and it never changes.
        if options.get("path_prefix") is not None:
            return self._make(**options)
        if self._made is None:
            self._made = self._make(**options)
        return self._made

    def _make(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        for methods in schema["paths"].values():
            for method, operation in methods.items():
                _describe(operation, method)
        components = schema["components"]
        models: list[type[BaseModel]] = [Problem, *_read_by_hand]
        for model in models:
            components["schemas"] |= _schemas(model)
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "rbd_…"}}
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        components["responses"] = {"Problem": {"description": "Refused: the body says why.", "content": content}}
        schema["webhooks"] = {one.value: {"post": _told(one)} for one in EventType}
        return schema


def _told(event: EventType) -> dict[str, Any]:
    properties = {
        "type": {"const": event.value},
        "timestamp": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    }
    body = {"type": "object", "required": list(properties), "properties": properties}
    return {
        "operationId": f"told_{event.value.replace('.', '_')}",
        "summary": f"What is posted to those who subscribe to {event.value}",
        "requestBody": {"content": {JSON: {"schema": body}}},
        "responses": {"2XX": {"description": "Heard; anything else is tried again."}},
    }


_read_by_hand: list[type[BaseModel]] = []


def body_of(model: type[BaseModel], **others: Any) -> dict[str, Any]:
    """Describe a body that a view reads by itself, and the other media types that it takes."""
    _read_by_hand.append(model)
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema}, **others}}}


def _describe(operation: dict[str, Any], method: str) -> None:
    scope = operation.pop(SCOPE)
    operation["security"] = [{"key": [scope]}]
    operation["description"] = f"{operation.get('description', '')}\n\nScope: `{scope}`.".strip()
    operation["responses"]["4XX"] = {"$ref": "#/components/responses/Problem"}
    if method == "post":
        operation["parameters"].append(
            {
                "name": IDEMPOTENCY,
                "in": "header",
                "required": False,
                "description": "Sent again with the same value, the request is not done twice.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
            }
        )


def _schemas(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs", {}), model.__name__: schema}


def make_api() -> Api:
    """Make the application, without endpoints."""
    api = Api(
        title="Rebond",
        version="1",
        description=_DESCRIPTION.strip(),
        docs=Swagger(settings={"persistAuthorization": False, "validatorUrl": None}),
        urls_namespace="api",
        parser=StrictParser(),
    )
    api.add_decorator(gate, mode="view")
    return api


__all__ = ["MOST_ITEMS", "Api", "Cursor", "Flag", "Given", "Limit", "Number", "Told", "Whole", "body_of", "make_api"]
