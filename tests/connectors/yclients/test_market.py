"""The marketplace: who stands how, and what we tell it, in the partner's name alone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.market import YClientsMarketplace
from kommutator.connectors.crm.yclients.sign_in import user_token
from kommutator.domain.salon.marketplace import InstalledSalon, InstallState, Payment
from kommutator.kit.errors import ErrorKind
from tests.connectors.yclients.samples import sample
from tests.connectors.yclients.scripted import Bench, bench, no, ok
from tests.connectors.yclients.vendor import Vendor
from tests.support.scripted import answer

STANDING = "GET /salon/5/application/77"


def standing(status: str) -> Any:
    return ok({"connection_status": {"status": status, "created_at": "2022-06-27 12:20:02"}})


async def test_standing_of_the_documentation() -> None:
    path = "GET_marketplace_salon_salon_id_application_application_id"
    here = bench(answer(200, sample(path)))
    found = await YClientsMarketplace(here.clients).standing(5)
    assert found.state is InstallState.ACTIVE
    assert found.since == datetime(2022, 6, 27, 9, 20, 2, tzinfo=UTC)
    assert found.raw["payments"][0]["id"] == 1233
    assert here.paths == [STANDING]
    assert here.wire.sent[0].headers["Authorization"] == "Bearer partner-s3cret"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", InstallState.PENDING),
        ("freezed", InstallState.FREEZED),
        ("frozen", InstallState.FREEZED),
        ("uninstalled", InstallState.NONE),
        ("", InstallState.NONE),
    ],
)
async def test_states(status: str, state: InstallState) -> None:
    here = bench(standing(status))
    assert (await YClientsMarketplace(here.clients).standing(5)).state is state


async def test_no_such_installation() -> None:
    here = bench(no(404, "Приложение не установлено"), ok([]), no(401, "Необходима авторизация"))
    market = YClientsMarketplace(here.clients)
    assert (await market.standing(5)).state is InstallState.NONE
    assert (await market.standing(5)).state is InstallState.NONE
    with pytest.raises(YClientsError) as refused:
        await market.standing(5)
    assert refused.value.hint == "yclients_token_refused"


async def activate(here: Bench) -> None:
    await YClientsMarketplace(here.clients).activate(
        5,
        api_key="operators-key",
        hook_urls=["https://us.example/h/s3"],
        channels=["whatsapp"],
    )


async def test_activate() -> None:
    here = bench(ok({}, 201))
    client = here.clients.marketplace()
    here.clients.marketplace = lambda **_: client  # type: ignore[method-assign]  # to see its exchange
    await activate(here)
    (sent,) = here.wire.sent
    assert sent.path == "/partner/callback"
    assert sent.body == {
        "salon_id": 5,
        "application_id": 77,
        "api_key": "operators-key",
        "webhook_urls": ["https://us.example/h/s3"],
        "channels": ["whatsapp"],
    }
    assert "operators-key" not in repr(client.last_exchange)
    assert "/h/s3" not in repr(client.last_exchange)


@pytest.mark.parametrize("status", [200, 400, 409, 422])
async def test_activating_twice_is_fine(status: int) -> None:
    here = bench(no(status, "Пользователь уже установил это приложение."))
    await activate(here)


async def test_activating_what_nobody_wished_is_not() -> None:
    here = bench(no(404, "Приложение не установлено"))
    with pytest.raises(YClientsError) as refused:
        await activate(here)
    assert refused.value.kind is ErrorKind.GONE


async def test_every_page_of_salons() -> None:
    documented = sample("GET_marketplace_application_application_id_salons")["data"]
    here = bench(ok(documented), ok([{"id": 7, "title": "C"}, *documented]), ok(documented))
    found = await YClientsMarketplace(here.clients).salons()
    assert found == [
        InstalledSalon(1050, "Ля Визаж"),
        InstalledSalon(1051, "Ля Визаж 2"),
        InstalledSalon(7, "C"),
    ]
    assert [dict(sent.params)["page"] for sent in here.wire.sent] == ["1", "2", "3"]
    assert [len(drawn) for drawn in here.turns.taken] == [3, 3, 3]


async def test_a_list_cut_in_the_middle_is_no_list() -> None:
    """Whoever reconciles would take the missing ones for uninstalled."""
    here = bench(ok([{"id": 7}]), no(500, "x"))
    with pytest.raises(YClientsError):
        await YClientsMarketplace(here.clients).salons()


async def test_uninstall() -> None:
    here = bench(ok(None), no(404, "Не найдено"), no(403, "Недостаточно прав"))
    market = YClientsMarketplace(here.clients)
    await market.uninstall(5)
    await market.uninstall(5)
    with pytest.raises(YClientsError):
        await market.uninstall(5)
    assert here.paths[0] == "POST /salon/5/application/77/uninstall"


async def test_payment_and_refund() -> None:
    here = bench(answer(200, sample("POST_marketplace_partner_payment")), ok(None), ok({}, 201))
    market = YClientsMarketplace(here.clients)
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    payment = Payment("990.90", "RUB", begin, begin, end)
    assert await market.pay(5, payment) == 123
    assert here.wire.sent[0].body == {
        "salon_id": 5,
        "application_id": 77,
        "payment_sum": 990.9,
        "currency_iso": "RUB",
        "payment_date": "2026-01-01 03:00:00",
        "period_from": "2026-01-01 03:00:00",
        "period_to": "2026-02-01 03:00:00",
    }
    await market.refund(123)
    assert here.paths[1] == "POST /partner/payment/refund/123"
    with pytest.raises(YClientsError) as unsure:
        await market.pay(5, payment)
    assert unsure.value.kind is ErrorKind.UNSURE


async def test_channel() -> None:
    here = bench(ok(None))
    await YClientsMarketplace(here.clients).channel_available(5, "whatsapp", available=False)
    assert here.wire.sent[0].path == "/application/update_channel"
    assert here.wire.sent[0].body == {
        "salon_id": 5,
        "application_id": 77,
        "channel_slug": "whatsapp",
        "is_available": False,
    }


# --- a salon's own user -----------------------------------------------------------------------


async def test_signing_in_with_either_shape() -> None:
    bare = sample("POST_auth")
    here = bench(answer(201, bare), ok({"id": 1, "user_token": "t0ken"}, 201))
    assert await user_token(here.clients, "login", "pass") == bare["user_token"]
    assert await user_token(here.clients, "login", "pass") == "t0ken"
    sent = here.wire.sent[0]
    assert sent.path == "/auth"
    assert sent.headers["Authorization"] == "Bearer partner-s3cret"
    assert sent.body == {"login": "login", "password": "pass"}


@pytest.mark.parametrize(
    ("said", "kind", "hint"),
    [
        (no(401, "Не верный логин или пароль"), ErrorKind.REJECTED, "yclients_password_wrong"),
        (no(422, "x"), ErrorKind.REJECTED, "yclients_password_wrong"),
        (
            no(401, "Не указан идентификатор партнера"),
            ErrorKind.ACCESS_REVOKED,
            "yclients_partner_refused",
        ),
        (answer(502, b""), ErrorKind.UNSURE, "yclients_down"),
        (ok({}, 201), ErrorKind.TRANSIENT, None),
    ],
)
async def test_signing_in_refused(said: Any, kind: ErrorKind, hint: str | None) -> None:
    here = bench(said)
    with pytest.raises(YClientsError) as refused:
        await user_token(here.clients, "login", "pass-w0rd")
    assert (refused.value.kind, refused.value.hint) == (kind, hint)
    assert refused.value.exchange.request == {}
    assert refused.value.__cause__ is None


async def test_signing_in_at_the_twin(vendor: Vendor) -> None:
    known = vendor.known["users"][1]
    found = await user_token(vendor.clients(), known["login"], known["password"])
    assert found == known["user_token"]
    with pytest.raises(YClientsError) as refused:
        await user_token(vendor.clients(), known["login"], "wrong")
    assert refused.value.hint == "yclients_password_wrong"
