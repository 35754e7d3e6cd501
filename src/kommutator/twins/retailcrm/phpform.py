"""What RetailCRM's PHP makes of words and JSON in a query or a form."""

from __future__ import annotations

import json
from typing import Any

from kommutator.twins.retailcrm.replies import (
    NOT_A_CHOICE,
    NOT_VALID,
    ApiError,
    entity_error,
    input_error,
    missing,
)

Json = dict[str, Any]

# PHP clients send 1/0; the official Python client sends True and None as text.
TRUE_WORDS = frozenset({"1", "true", "True", "on", "yes"})
FALSE_WORDS = frozenset({"0", "false", "False", "off", "no", ""})
NOTHING_WORDS = frozenset({"None", "null", ""})


def as_list(value: Any) -> list[str]:
    """A filter's values whether sent as one word, `[]=` items or `[0]=` items."""
    if isinstance(value, dict):
        return [str(v) for v in value.values()]
    if isinstance(value, list):
        return [str(v) for v in value]
    return [] if value is None or value in NOTHING_WORDS else [str(value)]


def as_bool(name: str, value: Any) -> bool:
    """A flag in a query.

    Raises:
        ApiError: 400, the word is no flag.
    """
    if str(value) in TRUE_WORDS:
        return True
    if str(value) in FALSE_WORDS or str(value) in NOTHING_WORDS:
        return False
    raise input_error({name: NOT_A_CHOICE})


def json_field(form: Json, name: str) -> Any:
    """The structure a form field carries as a JSON string.

    Raises:
        ApiError: 400: absent, sent in brackets instead of JSON, or no JSON at all.
    """
    value = form.get(name)
    if isinstance(value, dict):
        raise ApiError(400, f'Input value "{name}" contains a non-scalar value.')
    if value is None or value == "":
        raise missing(name)
    try:
        return json.loads(value)
    except ValueError as wrong:
        raise entity_error({name: NOT_VALID}) from wrong


def entity_field(form: Json, name: str) -> Json:
    """`json_field` that must be a map (an empty list is PHP's empty map).

    Raises:
        ApiError: 400, as `json_field`, or not a map.
    """
    value = json_field(form, name)
    if value == []:
        return {}
    if not isinstance(value, dict):
        raise entity_error({name: NOT_VALID})
    return value
