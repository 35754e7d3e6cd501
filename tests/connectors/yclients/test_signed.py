"""What proves an installation and its end: official and live vectors, and every forgery we know."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.connectors.crm.yclients.application import Application
from kommutator.connectors.crm.yclients.signed import (
    FREEZE,
    PAYMENT,
    UNINSTALL,
    read_installer,
    read_lifecycle,
    sign,
)
from kommutator.domain.salon.marketplace import Installer
from kommutator.kit.errors import InvalidInput, Unauthorized
from tests.connectors.yclients.samples import sample

VECTORS = sample("marketplace_user_data_vectors")
OFFICIAL, LIVE = VECTORS["official"], VECTORS["live_shape"]
LETTERS = sample("marketplace_lifecycle")
APP = Application("yasdfkjah2328aj", application_id=123)
ALTEGIO = Application("owned-partner-token", application_id=7)


def installer(vector: dict[str, str], **changed: str) -> Installer:
    given = {**vector, **changed}
    return read_installer(given["user_data"], given["user_data_sign"], given["partner_token"])


def test_official_vector() -> None:
    assert installer(OFFICIAL) == Installer(
        id="123", name="Андрей Иванов", email="andrey@example.com", phone="79990009900"
    )


def test_live_shape() -> None:
    who = installer(LIVE)
    assert (who.id, who.name, who.salon_name) == ("123456", "Иван Тестов", "Салон Тест")
    assert (who.phone, who.email) == ("79160000001", "ivan@example.com")


def test_signed_over_the_base64_text_is_wrong() -> None:
    with pytest.raises(Unauthorized) as refused:
        installer(OFFICIAL, user_data_sign=OFFICIAL["wrong_if_signed_over_base64"])
    assert refused.value.code == "yclients_install_unsigned"


@pytest.mark.parametrize("vector", [OFFICIAL, LIVE])
def test_upper_case_and_lost_padding_are_fine(vector: dict[str, str]) -> None:
    changed = {
        "user_data": vector["user_data"].rstrip("="),
        "user_data_sign": vector["user_data_sign"].upper() + "\n",
    }
    assert installer(vector, **changed) == installer(vector)


def test_a_plus_that_became_a_space() -> None:
    """Cyrillic gives a "+" in base64 sooner or later."""
    told = json.dumps({"id": 1, "name": "ыыыы>>>~~~"}, ensure_ascii=False).encode()
    text = base64.b64encode(told).decode()
    assert "+" in text
    assert read_installer(text.replace("+", " "), sign(told, "t"), "t").name == "ыыыы>>>~~~"


@pytest.mark.parametrize(
    "changed",
    [
        {"user_data_sign": ""},
        {"user_data_sign": "0" * 64},
        {"user_data_sign": "ё" * 64},
        {"user_data": ""},
        {"user_data": "%%%"},
        {"user_data": "e30="},
        {"user_data": "A" * 100_000},
        {"partner_token": "another"},
        {"user_data": OFFICIAL["user_data"][:-8] + "fQ=="},
    ],
)
def test_forgeries(changed: dict[str, str]) -> None:
    with pytest.raises(Unauthorized):
        installer(OFFICIAL, **changed)


@pytest.mark.parametrize("told", [b"not json", b"[]", b'{"name":"nobody"}', b"\xff\xfe", b"{}"])
def test_signed_nonsense_proves_nobody(told: bytes) -> None:
    with pytest.raises(Unauthorized):
        read_installer(base64.b64encode(told).decode(), sign(told, "t"), "t")


def test_endless_words_are_cut() -> None:
    told = json.dumps({"id": "7" * 1000, "name": "я" * 1000}).encode()
    who = read_installer(base64.b64encode(told).decode(), sign(told, "t"), "t")
    assert (len(who.id), len(who.name)) == (300, 300)


# --- lifecycle ---------------------------------------------------------------------------------


def letter(name: str, **changed: Any) -> bytes:
    return json.dumps({**LETTERS[name], **changed}).encode()


@pytest.mark.parametrize(("name", "event"), [("uninstall", UNINSTALL), ("freeze", FREEZE)])
def test_uninstall_and_freeze(name: str, event: str) -> None:
    said = read_lifecycle(letter(name), APP)
    assert (said.salon_id, said.event, said.paid) == (123, event, None)
    assert APP.partner_token not in repr(said)


def test_payment_of_altegio() -> None:
    said = read_lifecycle(letter("payment"), ALTEGIO)
    assert (said.salon_id, said.event) == (55, PAYMENT)
    assert said.paid is not None
    assert (said.paid.payment_id, said.paid.amount, said.paid.currency) == (11, "100", "BRL")
    assert said.paid.period_to == datetime(2026, 10, 12, 7, tzinfo=UTC)
    assert "sign" not in said.raw


def test_a_sum_is_signed_as_it_is_spelt() -> None:
    said = "salon_id=55&amount=99.50&discount=0"
    signed = sign(said.encode(), ALTEGIO.partner_token)
    body = letter("payment", sign=signed, discount=0).replace(b'"amount": 100', b'"amount": 99.50')
    paid = read_lifecycle(body, ALTEGIO).paid
    assert paid is not None
    assert paid.amount == "99.50"


@pytest.mark.parametrize(
    "changed", [{"sign": ""}, {"sign": None}, {"sign": "0" * 64}, {"amount": 1}, {"discount": 100}]
)
def test_payment_with_another_sum_or_signature(changed: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized) as refused:
        read_lifecycle(letter("payment", **changed), ALTEGIO)
    assert refused.value.code == "yclients_lifecycle_unsigned"


@pytest.mark.parametrize(
    "body",
    [
        letter("uninstall", partner_token="yasdfkjah2328a"),
        letter("uninstall", partner_token=""),
        letter("uninstall", partner_token=None),
        letter("uninstall", partner_token=["yasdfkjah2328aj"]),
        letter("uninstall", application_id=124),
        letter("uninstall", application_id=None),
        letter("uninstall", salon_id="no", partner_token="wrong"),
        b"",
        b"[]",
        b"{",
        b"[" * 10_000,
        letter("uninstall").replace(b"yasd", rb"\ud800"),
        b"\xff",
    ],
)
def test_not_the_vendor(body: bytes) -> None:
    with pytest.raises(Unauthorized) as refused:
        read_lifecycle(body, APP)
    assert refused.value.code == "yclients_lifecycle_unsigned"


def test_without_an_application_nothing_is_proven() -> None:
    with pytest.raises(Unauthorized):
        read_lifecycle(letter("uninstall", application_id=0), replace(APP, application_id=0))
    with pytest.raises(Unauthorized):
        read_lifecycle(letter("uninstall", partner_token=""), replace(APP, partner_token=""))


@pytest.mark.parametrize(
    "changed", [{"salon_id": None}, {"salon_id": 0}, {"event": ""}, {"event": "x" * 400}]
)
def test_the_vendor_but_malformed(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_lifecycle(letter("uninstall", **changed), APP)
    assert refused.value.code == "yclients_lifecycle_malformed"


def test_too_large() -> None:
    with pytest.raises(InvalidInput):
        read_lifecycle(b" " * 20_000, APP)


def test_new_events_are_kept_and_named() -> None:
    assert read_lifecycle(letter("uninstall", event="thaw"), APP).event == "thaw"
