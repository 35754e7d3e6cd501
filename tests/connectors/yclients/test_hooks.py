"""Notices of changes: every kind we read, an unknown one, and garbage."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.connectors.crm.yclients import hooks
from kommutator.connectors.crm.yclients.hooks import read_notice
from kommutator.kit.errors import InvalidInput
from tests.connectors.yclients.samples import sample

RECORD = sample("strict_schema_examples")["record"]


def body(**changed: Any) -> bytes:
    told = {
        "company_id": 4564,
        "resource": "record",
        "resource_id": 122641972,
        "status": "update",
        "data": RECORD,
    }
    return json.dumps(told | changed).encode()


def test_a_record() -> None:
    notice = read_notice(body())
    assert (notice.salon_id, notice.kind, notice.id) == (4564, hooks.RECORD, 122641972)
    assert (notice.status, notice.known, notice.deleted) == ("update", True, False)
    assert notice.changed_at == datetime(2026, 7, 20, 11, 7, 40, tzinfo=UTC)
    assert notice.raw["visit_id"] == 102742863


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("record", hooks.RECORD),
        ("client", hooks.CLIENT),
        ("staff", hooks.STAFF),
        ("master", hooks.STAFF),
        ("service", hooks.SERVICE),
        ("service_category", hooks.CATEGORY),
        ("company", hooks.SALON),
        ("salon", hooks.SALON),
        ("schedule", hooks.SCHEDULE),
    ],
)
def test_kinds(resource: str, kind: str) -> None:
    notice = read_notice(body(resource=resource, resource_id="17", data=[]))
    assert (notice.kind, notice.id, notice.known) == (kind, 17, True)
    assert (notice.changed_at, notice.raw) == (None, {})


def test_an_unknown_kind_is_kept_and_named() -> None:
    notice = read_notice(body(resource="goods_operations_sale", status="create"))
    assert (notice.kind, notice.known) == ("goods_operations_sale", False)


def test_a_deletion() -> None:
    notice = read_notice(body(status="delete", data=None))
    assert notice.deleted
    assert notice.id == 122641972


def test_the_id_may_stand_in_the_thing_only() -> None:
    assert read_notice(body(resource_id=None)).id == 122641972
    assert read_notice(body(resource_id=None, data=[])).id is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<xml/>",
        b"[]",
        b"\xff",
        body(company_id=None),
        body(company_id="no"),
        body(resource=None),
        body(resource="x" * 100),
    ],
)
def test_garbage(raw: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_notice(raw)
    assert refused.value.code == "yclients_hook_malformed"
