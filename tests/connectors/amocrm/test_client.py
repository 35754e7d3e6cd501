"""One authorised request: the token, the turn, one renewal, holding everybody back."""

from dataclasses import replace

import pytest

from kommutator.connectors.crm.amocrm.budgets import budgets_of
from kommutator.connectors.crm.amocrm.errors import AmoCrmError
from kommutator.domain.outcome import Budget
from kommutator.kit.errors import ErrorKind, Stage, TooMany, VendorError
from kommutator.kit.http import WireError
from kommutator.kit.pauses import Pauses
from tests.connectors.amocrm.samples import raw, sample
from tests.connectors.amocrm.scripted import BASE, REVOKED, account, bench
from tests.support.scripted import answer

STALE = answer(401, sample("errors/401_unauthorized_en"))
OK = answer(200, {"id": 1})
KEYS = ["amocrm:c1:example.amocrm.ru", "amocrm:account:example.amocrm.ru"]


async def test_token_in_the_header_and_nowhere_else() -> None:
    here = bench(answer(200, {"id": 1}, x_request_id="abc-1"))
    client = here.clients.of(account())
    reply = await client.post("/api/v4/leads", [{"name": "token-1 of somebody"}])
    (sent,) = here.wire.sent
    assert sent.url == f"{BASE}/api/v4/leads"
    assert sent.headers["Authorization"] == "Bearer token-1"
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.body == [{"name": "token-1 of somebody"}]
    assert reply.exchange.response["request_id"] == "abc-1"
    assert "token-1" not in repr(reply.exchange)
    assert reply.exchange.request["body"] == '[{"name":"*** of somebody"}]'
    assert client.last_exchange is reply.exchange


async def test_refused_token_is_renewed_once_and_the_request_repeated() -> None:
    here = bench(STALE, OK)
    assert (await here.clients.of(account()).get("/api/v4/account")).map == {"id": 1}
    tokens = [sent.headers["Authorization"] for sent in here.wire.sent]
    assert tokens == ["Bearer token-1", "Bearer token-2"]
    assert here.grants.renewals == 1
    assert len(here.turns.taken) == 2  # the repetition is a request like any other


async def test_second_refusal_ends_it() -> None:
    here = bench(STALE, STALE)
    with pytest.raises(AmoCrmError) as refused:
        await here.clients.of(account()).get("/api/v4/account")
    assert (refused.value.kind, refused.value.hint) == (
        ErrorKind.ACCESS_REVOKED,
        "amocrm_token_refused",
    )
    assert here.grants.renewals == 1
    assert len(here.wire.sent) == 2


async def test_without_a_token_nothing_leaves() -> None:
    here = bench()
    here.grants.refuses = REVOKED
    with pytest.raises(VendorError) as refused:
        await here.clients.of(account()).get("/api/v4/account")
    assert refused.value.hint == "refresh_revoked"
    assert (here.wire.sent, here.turns.taken) == ([], [])


async def test_limit_holds_everybody_for_as_long_as_the_vendor_says() -> None:
    here = bench(answer(429, raw("errors/429_kommo.json")))
    with pytest.raises(AmoCrmError) as refused:
        await here.clients.of(account()).get("/api/v4/leads")
    assert (refused.value.kind, refused.value.retry_after) == (ErrorKind.RATE_LIMITED, 300.0)
    assert here.turns.held == [(KEYS, 300.0)]


async def test_limit_without_a_pause_is_a_minute_then_longer_until_it_is_over() -> None:
    html = answer(429, raw("errors/429_html.txt"))
    here = bench(html, html, OK, html)
    for expected in (60.0, 120.0, None, 60.0):
        client = here.clients.of(account())
        if expected is None:
            await client.get("/api/v4/leads")
            continue
        with pytest.raises(AmoCrmError) as refused:
            await client.get("/api/v4/leads")
        assert refused.value.retry_after == expected
    assert [seconds for _, seconds in here.turns.held] == [60.0, 120.0, 60.0]


def test_pauses_have_an_end() -> None:
    pauses = Pauses(60.0, 900.0)
    waits = [pauses.after("k", None, pauses.said("k")) for _ in range(6)]
    assert waits == [60, 120, 240, 480, 900, 900]
    assert pauses.after("other", None, 0) == 60
    assert pauses.after("k", 0.0, pauses.said("k")) == 1.0


def test_a_burst_of_refusals_is_one_word() -> None:
    pauses = Pauses(60.0, 900.0)
    left = [pauses.said("k") for _ in range(4)]  # four under way at once
    assert [pauses.after("k", None, said) for said in left] == [60, 60, 60, 60]
    again = pauses.said("k")
    pauses.over("k", left[0])  # a success of that burst: it left before the refusal
    assert pauses.after("k", None, again) == 120
    pauses.over("k", pauses.said("k"))
    assert pauses.after("k", None, again) == 60  # late, of the burst before the last success


async def test_block_for_limits_holds_everybody_and_speaks_for_the_breaker() -> None:
    here = bench(answer(403, b"<html>403</html>"))
    with pytest.raises(AmoCrmError) as refused:
        await here.clients.of(account()).patch("/api/v4/leads", [{"id": 1}])
    error = refused.value
    assert (error.kind, error.hint, error.retry_after) == (
        ErrorKind.TRANSIENT,
        "amocrm_blocked",
        300.0,
    )
    assert here.turns.held == [(KEYS, 300.0)]
    assert here.shut_out == ["HTTP 403 without JSON"]


async def test_want_of_rights_holds_nobody() -> None:
    here = bench(answer(403, {"title": "Forbidden", "detail": "Доступ запрещён"}))
    with pytest.raises(AmoCrmError) as refused:
        await here.clients.of(account()).get("/api/v4/users")
    assert (refused.value.kind, here.turns.held) == (ErrorKind.REJECTED, [])
    assert here.shut_out == []


async def test_full_queue_is_told_as_a_pause() -> None:
    here = bench()
    here.turns.refuses = TooMany("vendor_budget_spent", retry_after=7.0)
    with pytest.raises(AmoCrmError) as refused:
        await here.clients.of(account()).get("/api/v4/leads")
    error = refused.value
    assert (error.kind, error.stage, error.retry_after, error.hint) == (
        ErrorKind.RATE_LIMITED,
        Stage.BEFORE_SENDING,
        7.0,
        "amocrm_budget_spent",
    )
    assert here.wire.sent == []


async def test_prepaid_requests_draw_nothing() -> None:
    here = bench(OK, OK)
    client = here.clients.of(account(), prepaid=1)
    await client.get("/api/v4/account")
    assert here.turns.taken == []
    await client.get("/api/v4/account")
    assert len(here.turns.taken) == 1


@pytest.mark.parametrize(
    ("method", "kind"), [("get", ErrorKind.TRANSIENT), ("post", ErrorKind.UNSURE)]
)
async def test_lost_answer(method: str, kind: ErrorKind) -> None:
    here = bench(WireError(Stage.SENT, "timeout"))
    client = here.clients.of(account())
    asking = client.get("/x") if method == "get" else client.post("/x", {})
    with pytest.raises(AmoCrmError) as lost:
        await asking
    assert (lost.value.kind, lost.value.stage, lost.value.hint) == (kind, Stage.SENT, "amocrm_slow")
    assert lost.value.exchange.response == {"stage": "sent", "reason": "timeout"}


async def test_vendor_that_echoes_our_secrets() -> None:
    echo = {"title": "Bad", "detail": "token-1 and s3cret-of-the-integration are wrong"}
    here = bench(answer(400, echo))
    with pytest.raises(AmoCrmError) as refused:
        await here.clients.of(account()).get("/x")
    assert refused.value.message == "*** and *** are wrong"
    assert "s3cret" not in repr(refused.value.exchange)


def test_budgets_are_the_vendors_two() -> None:
    assert budgets_of(account()) == (
        Budget("amocrm:c1:example.amocrm.ru", 7.07),
        Budget("amocrm:account:example.amocrm.ru", 47.0, 2),
    )


def test_two_integrations_of_one_account_share_only_the_account() -> None:
    first, whole = budgets_of(account())
    second, same = budgets_of(account(client_id="c2"))
    assert first.key != second.key
    assert whole == same


def test_accounts_below_one_host_are_told_apart() -> None:
    one, other = account("http://127.0.0.1:1"), account("http://127.0.0.1:1/a/large")
    assert budgets_of(one)[1].key == "amocrm:account:127.0.0.1:1"
    assert budgets_of(other)[1].key == "amocrm:account:127.0.0.1:1/a/large"


@pytest.mark.parametrize(
    ("own", "rate"),
    [
        (3, 3 * 7.07 / 7),
        (15, 15 * 7.07 / 7),
        (500, 47 * 7.07 / 7),
        (0, 7.07),
        (-1, 7.07),
        ("9", 7.07),
        (True, 7.07),
    ],
)
def test_tenants_own_limit(own: object, rate: float) -> None:
    assert budgets_of(account(requests_per_second=own))[0].rate == pytest.approx(rate)


async def test_request_that_left_late_delays_the_others() -> None:
    on_time, late = replace(OK, left_ms=14.0), replace(OK, left_ms=60.0)
    here = bench(on_time, late)
    for _ in range(2):
        await here.clients.of(account()).get("/api/v4/account")
    assert here.turns.lates == [0.06]


def test_kommo_counts_by_address_so_all_its_accounts_share_one_allowance() -> None:
    here, there = account("https://one.kommo.com"), account("https://two.amocrm.com")
    assert budgets_of(here)[2] == budgets_of(there)[2] == Budget("kommo:address", 7.07)
