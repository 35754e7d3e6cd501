"""The page of a tenant's language model, without a browser: connected, tried, taken away."""

from collections.abc import AsyncIterator

import pytest

from tests.console.conftest import ADMIN, EMPLOYEE, HERE, Console
from tests.console.visitor import Visitor, visiting
from tests.support.model_talk import KEY
from tests.support.openai_stub import Raw, openai_stub

PAGE = "/console/assistant/model"


@pytest.fixture
async def visitor(console: Console) -> AsyncIterator[Visitor]:
    async with visiting(console) as made:
        await made.sign_in(ADMIN)
        yield made


async def test_a_model_is_connected_tried_and_taken_away(
    visitor: Visitor, console: Console
) -> None:
    house, htmx = console.house, {"hx-request": "true"}
    async with openai_stub() as stub:
        fields = {
            "csrf_token": visitor.csrf, "enterprise": str(HERE), "brain": "llm",
            "base_url": stub.url, "model": "a-model", "key": KEY, "masked": "1",
            "turns_per_day": "40",
        }  # fmt: skip
        status, _, location = await visitor.post(PAGE, **fields)
        assert (status, location) == (303, f"{PAGE}?done=saved")
        assert (await house.assistant.of(HERE)).brain == "llm"
        setup = await house.llm.ready(HERE)
        assert setup is not None
        assert (setup.key, setup.settings.turns_per_day, setup.settings.masked) == (KEY, 40, True)
        _, page, _ = await visitor.get(PAGE)
        assert stub.url in page
        assert "***5b4a" in page
        assert KEY not in page

        form = {"csrf_token": visitor.csrf, "enterprise": str(HERE)}
        stub.told(Raw(401, "{}"))
        _, toast, _ = await visitor.post(f"{PAGE}/test", headers=htmx, **form)
        assert "did not take the key" in toast

        _, again, _ = await visitor.post(PAGE, **{**fields, "base_url": "https://x.example/v1",
                                                 "key": ""})  # fmt: skip
        assert "given for another address" in again

        await visitor.post(f"{PAGE}/remove", **form)
        assert await house.llm.ready(HERE) is None
        assert (await house.assistant.of(HERE)).brain == "rules"


async def test_an_employee_has_no_such_page(console: Console) -> None:
    async with visiting(console) as visitor:
        await visitor.sign_in(EMPLOYEE)
        status, _, _ = await visitor.get(PAGE)
        assert status == 403
