"""One authorised request: whose name it goes under, the turn, holding everybody back."""

import pytest

from kommutator.connectors.crm.yclients.application import Application
from kommutator.connectors.crm.yclients.budgets import budgets_at
from kommutator.connectors.crm.yclients.errors import YClientsError
from kommutator.connectors.crm.yclients.wire import pairs_of
from kommutator.domain.outcome import Budget
from kommutator.kit.errors import ErrorKind, Stage, TooMany
from kommutator.kit.http import Answer, WireError
from tests.connectors.yclients.scripted import APP, account, bench, no, ok
from tests.support.scripted import answer

KEYS = ["yclients:out-1:second", "yclients:out-1:minute"]


async def test_partner_and_system_user_in_one_header_and_nowhere_else() -> None:
    here = bench(ok({"id": 1}))
    client = here.clients.of(account())
    reply = await client.post("/records/1", {"comment": "partner-s3cret, system-user-s3cret"})
    (sent,) = here.wire.sent
    assert sent.url == "https://api.yclients.com/api/v1/records/1"
    assert sent.headers["Authorization"] == "Bearer partner-s3cret, User system-user-s3cret"
    assert sent.headers["Accept"] == "application/vnd.yclients.v2+json"
    assert sent.headers["Content-Type"] == "application/json"
    assert "s3cret" not in repr(reply.exchange)
    assert reply.exchange.request["body"] == '{"comment":"***, ***"}'
    assert client.last_exchange is reply.exchange


async def test_salon_connected_by_its_own_user() -> None:
    here = bench(ok([]))
    own = account(secrets={"user_token": "own-s3cret"}, way="direct")
    reply = await here.clients.of(own).get("/records/1", [("who", "own-s3cret")])
    assert here.wire.sent[0].headers["Authorization"] == "Bearer partner-s3cret, User own-s3cret"
    assert "Content-Type" not in here.wire.sent[0].headers
    assert reply.exchange.request["query"] == {"who": "***"}


async def test_methods_of_the_partner_alone() -> None:
    here = bench(ok([]), ok({}, status=201))
    client = here.clients.of(account())
    await client.get("/book_times/1/0/2026-11-21", user=False)
    await here.clients.marketplace().post("/partner/callback", {"api_key": "k3y"}, hidden=("k3y",))
    assert [sent.headers["Authorization"] for sent in here.wire.sent] == [
        "Bearer partner-s3cret"
    ] * 2
    assert here.wire.sent[1].url == "https://api.yclients.com/marketplace/partner/callback"


async def test_hidden_values_are_struck_out() -> None:
    here = bench(ok({}, status=201))
    client = here.clients.marketplace()
    reply = await client.post("/partner/callback", {"api_key": "for-them"}, hidden=("for-them",))
    assert here.wire.sent[0].body == {"api_key": "for-them"}
    assert "for-them" not in repr(reply.exchange)


async def test_without_a_user_nothing_leaves() -> None:
    here = bench(app=Application("partner-s3cret"))
    with pytest.raises(YClientsError) as refused:
        await here.clients.of(account()).get("/records/1")
    assert refused.value.hint == "yclients_user_missing"
    assert (refused.value.kind, refused.value.stage) == (
        ErrorKind.ACCESS_REVOKED,
        Stage.BEFORE_SENDING,
    )
    assert (here.wire.sent, here.turns.taken) == ([], [])


async def test_addresses_of_altegio() -> None:
    app = Application(
        "p", "u", 1, "https://api.alteg.io/api/v1/", "https://app.alteg.io/marketplace"
    )
    here = bench(ok([]), ok([]), app=app)
    await here.clients.of(account()).get("/company/1")
    await here.clients.marketplace().get("/application/1/salons")
    assert [sent.url for sent in here.wire.sent] == [
        "https://api.alteg.io/api/v1/company/1",
        "https://app.alteg.io/marketplace/application/1/salons",
    ]


async def test_tokens_never_go_where_a_connection_points() -> None:
    here = bench(ok([]))
    stray = account()
    object.__setattr__(stray, "base_url", "https://elsewhere.example")
    await here.clients.of(stray).get("/company/1")
    assert here.wire.sent[0].url.startswith(APP.api)


async def test_every_request_draws_from_the_address() -> None:
    here = bench(ok([]), ok([]), ok([]), ok([]))
    await here.clients.of(account(salon=1)).get("/a")
    await here.clients.of(account(salon=2), background=True).get("/b")
    await here.clients.marketplace().get("/c")
    await here.clients.of(account(), prepaid=1).get("/d")
    drawn = [[budget.key for budget in budgets] for budgets in here.turns.taken]
    assert drawn == [KEYS, [*KEYS, "yclients:out-1:background"], KEYS]
    assert here.clients.budgets() == budgets_at("out-1")
    assert all(isinstance(budget, Budget) for budget in budgets_at("out-1"))


async def test_no_turn_in_time() -> None:
    here = bench()
    here.turns.refuses = TooMany("vendor_budget_spent", retry_after=7.0)
    with pytest.raises(YClientsError) as refused:
        await here.clients.of(account()).get("/records/1")
    error = refused.value
    assert (error.kind, error.stage, error.retry_after, error.hint) == (
        ErrorKind.RATE_LIMITED,
        Stage.BEFORE_SENDING,
        7.0,
        "yclients_budget_spent",
    )


async def test_too_fast_holds_everybody_behind_the_address() -> None:
    here = bench(answer(429, {"meta": {"message": "no"}}, retry_after="40"))
    with pytest.raises(YClientsError) as refused:
        await here.clients.of(account()).get("/records/1")
    assert (refused.value.kind, refused.value.retry_after) == (ErrorKind.RATE_LIMITED, 40.0)
    assert here.turns.held == [(KEYS, 40.0)]


async def test_too_fast_without_a_pause_is_longer_each_time_until_it_is_over() -> None:
    page = answer(429, b"<html>")
    here = bench(page, page, ok([]), page)
    for expected in (15.0, 30.0, None, 15.0):
        client = here.clients.of(account())
        if expected is None:
            await client.get("/records/1")
            continue
        with pytest.raises(YClientsError) as refused:
            await client.get("/records/1")
        assert refused.value.retry_after == expected
    assert [seconds for _, seconds in here.turns.held] == [15.0, 30.0, 15.0]


async def test_who_left_late_delays_the_next_second_but_not_the_minute() -> None:
    here = bench(Answer(200, {}, b"[]", 1.0, left_ms=40.0))
    await here.clients.of(account()).get("/records/1")
    assert here.turns.lates == [0.04]


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        (no(403, "Необходимо продлить лицензию в филиале с id: 1"), "yclients_licence_over"),
        (no(402, "Payment required"), "yclients_licence_over"),
        (no(401, "Необходима авторизация"), "yclients_token_refused"),
        (no(403, "Нет прав на управление филиалом"), "yclients_rights"),
        (no(404, "Филиал не найден."), "yclients_salon_gone"),
    ],
)
async def test_what_a_person_must_repair_is_told(said: Answer, hint: str) -> None:
    here = bench(said, said)
    with pytest.raises(YClientsError):
        await here.clients.of(account()).get("/records/1")
    ((told, words),) = here.told
    assert told == hint
    assert words
    with pytest.raises(YClientsError):  # a lane parks by itself
        await here.clients.of(account(), prepaid=1).get("/records/1")
    assert len(here.told) == 1


async def test_an_ordinary_refusal_is_told_to_nobody() -> None:
    here = bench(no(422, "wrong"))
    with pytest.raises(YClientsError):
        await here.clients.of(account()).get("/records/1")
    assert here.told == []


@pytest.mark.parametrize(
    ("stage", "reason", "read", "write"),
    [
        (Stage.BEFORE_SENDING, "dns", ErrorKind.TRANSIENT, ErrorKind.TRANSIENT),
        (Stage.BEFORE_SENDING, "insecure_url", ErrorKind.REJECTED, ErrorKind.REJECTED),
        (Stage.SENT, "timeout", ErrorKind.TRANSIENT, ErrorKind.UNSURE),
        (Stage.ANSWERED, "too_large", ErrorKind.TRANSIENT, ErrorKind.UNSURE),
    ],
)
async def test_silence(stage: Stage, reason: str, read: ErrorKind, write: ErrorKind) -> None:
    silence = WireError(stage, reason)
    here = bench(silence, silence, silence)
    client = here.clients.of(account())
    for ask, kind in (
        (client.get("/x"), read),
        (client.search("/x", {}), read),
        (client.put("/x", {}), write),
    ):
        with pytest.raises(YClientsError) as refused:
            await ask
        assert (refused.value.kind, refused.value.stage) == (kind, stage)
        assert refused.value.as_outcome().exchange.response["reason"] == reason


async def test_vendors_words_never_carry_a_token() -> None:
    here = bench(no(400, "bad token system-user-s3cret"))
    with pytest.raises(YClientsError) as refused:
        await here.clients.of(account()).get("/x")
    assert refused.value.message == "bad token ***"


def test_query_pairs() -> None:
    assert pairs_of(page=1, staff_id=None, service_ids=(3, 4)) == [
        ("page", "1"),
        ("service_ids[]", "3"),
        ("service_ids[]", "4"),
    ]
    assert pairs_of(service_ids=()) == []


def test_tokens_are_in_no_repr() -> None:
    assert "s3cret" not in repr(APP)
