"""Promise: whatever is sent to the API, it answers as its OpenAPI says and never with a 5xx."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
)

from kommutator.domain.crm_data import EntityKind
from kommutator.doors.http import amocrm, retailcrm
from kommutator.doors.http.app import create_app
from kommutator.flows.amocrm.cards import Cards
from kommutator.flows.amocrm.written import Maker
from tests.security.test_two_tenants import routes
from tests.security.test_two_tenants import seed as seed_rows
from tests.support.cards import Cards as Box
from tests.support.cards import settle_amocrm
from tests.support.house import open_house, settle_tenant

EXAMPLES = 12  # per operation; with some fifty operations the whole stays well under a minute
CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance]


@contextmanager
def served(app: Any, loop: asyncio.AbstractEventLoop) -> Iterator[str]:
    """The application on a port of its own, in the loop its database belongs to."""
    config = uvicorn.Config(app, port=0, log_level="error", proxy_headers=False, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.run_coroutine_threadsafe(server.serve(), loop)
    while not server.started:
        assert not task.done(), task.result()
        threading.Event().wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        task.result(timeout=10)


@pytest.fixture
async def target(database_url: str) -> AsyncIterator[tuple[Any, dict[str, str], dict[str, str]]]:
    async with open_house(database_url, api_rate="100000", api_burst="100000") as house:
        tenant = await settle_tenant(house, "0411")
        ids = await seed_rows(house, tenant)
        app = create_app(house, families={"retailcrm": retailcrm.add})
        yield app, tenant.headers, ids


def attack(
    app: Any, headers: dict[str, str], base_url: str, *, below: str = "", examples: int = EXAMPLES
) -> dict[str, int]:
    """Try every operation with made-up requests, valid and not; returns answers by status."""
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.config.update(base_url=base_url)
    answers: dict[str, int] = {}
    for found in schema.get_all_operations():
        operation = found.ok()
        if not operation.path.startswith(below):
            continue
        cases = st.one_of(
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
        )

        @seed(1)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def hit(case: schemathesis.Case) -> None:
            response = case.call(headers=headers, timeout=10)
            case.validate_response(response, checks=CHECKS)
            status = f"{response.status_code // 100}xx"
            answers[status] = answers.get(status, 0) + 1

        hit()
    return answers


async def test_the_api_keeps_its_word(
    target: tuple[Any, dict[str, str], dict[str, str]],
) -> None:
    app, headers, _ = target
    loop = asyncio.get_running_loop()

    def run() -> dict[str, int]:
        with served(app, loop) as base_url:
            return attack(app, headers, base_url)

    answers = await asyncio.to_thread(run)
    assert set(answers) == {"2xx", "4xx"}
    assert sum(answers.values()) > 5 * len(list(routes(app)))
    assert answers["2xx"] > 20


@pytest.fixture
async def cards(database_url: str) -> AsyncIterator[tuple[Any, dict[str, str]]]:
    """amoCRM's family over an account in memory."""
    async with open_house(database_url, api_rate="100000", api_burst="100000") as house:
        tenant = await settle_tenant(house, "0411")
        await settle_amocrm(house, tenant.number, "4")
        box = Box()
        for kind in EntityKind:
            box.seed(kind, 3)
        house.cards = Cards(box, box, box, house.once, Maker(clock=house.clock, settle_s=0.0))
        yield create_app(house, families={"amocrm": amocrm.add}), tenant.headers


async def test_the_family_of_amocrm_keeps_its_word(cards: tuple[Any, dict[str, str]]) -> None:
    app, headers = cards
    loop = asyncio.get_running_loop()

    def run() -> dict[str, int]:
        with served(app, loop) as base_url:
            return attack(app, headers, base_url, below="/api/v1/amocrm", examples=5)

    answers = await asyncio.to_thread(run)
    assert set(answers) == {"2xx", "4xx"}
    assert answers["2xx"] > 20
