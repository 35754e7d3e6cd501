import pytest

from kommutator.flows.house import House
from tests.support.asgi import Asgi
from tests.support.house import TenantOfTests, event

TOKEN = {"authorization": "Bearer not-a-real-metrics-token"}


async def test_each_dependency_is_asked(house: House, stranger: Asgi) -> None:
    async def dead() -> None:
        raise ConnectionRefusedError("postgresql://u:leak-me@db")

    assert (await stranger.get("/health")).json()["status"] == "ok"
    house.probes = {"mail": dead}
    reply = await stranger.get("/health")
    answer = reply.json()
    assert (reply.status, answer["status"]) == (200, "degraded")
    assert answer["checks"]["database"]["ok"] is True
    assert answer["checks"]["mail"]["ok"] is False
    assert answer["checks"]["mail"]["problem"] == "ConnectionRefusedError"
    assert "leak-me" not in reply.body.decode()


async def test_ready_means_that_the_database_answers(house: House, stranger: Asgi) -> None:
    assert (await stranger.get("/ready")).status == 200
    await house.db.close()
    reply = await stranger.get("/ready")
    assert (reply.status, reply.json()) == (503, {"ready": False})


@pytest.mark.parametrize("url", ["/stats", "/metrics"])
async def test_numbers_are_for_operators(url: str, stranger: Asgi, admin: Asgi, root: Asgi) -> None:
    assert (await stranger.get(url)).status == 401
    assert (await stranger.get(url, headers={"x-forwarded-for": "127.0.0.1"})).status == 401
    assert (await admin.get(url)).status == 403
    assert (await root.get(url)).status == 200
    assert (await stranger.get(url, headers=TOKEN)).status == 200
    assert (await stranger.get(url, headers={"authorization": "Bearer x"})).status == 401
    assert (await Asgi(stranger.app, address="127.0.0.1").get(url)).status == 200
    proxied = Asgi(stranger.app, address="127.0.0.1", headers={"x-forwarded-for": "8.8.8.8"})
    assert (await proxied.get(url)).status == 401


async def test_stats_count_what_waits(house: House, stranger: Asgi, here: TenantOfTests) -> None:
    await stranger.post("/api/events", headers={"x-api-key": here.key}, json_body=event("0367"))
    await house.directory.account(here.crm_id)
    stats = (await stranger.get("/stats", headers=TOKEN)).json()
    assert stats["queues"]["journal_new"] == 1
    assert stats["queues"]["outbox_due"] == 0
    assert stats["config_cache"]["misses"] == 1
    assert stats["config_cache"]["size"] == 1


async def test_the_cache_shows_among_the_metrics(house: House, stranger: Asgi) -> None:
    house.metrics.watch_cache("config", house.directory.stats)
    reply = await stranger.get("/metrics", headers=TOKEN)
    assert 'kommutator_cache_hit_ratio{cache="config"} 1.0' in reply.body.decode()
    assert 'kommutator_cache_misses_total{cache="config"} 0.0' in reply.body.decode()
