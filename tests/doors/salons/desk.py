"""The day's page as somebody asks for it without a browser."""

from typing import Any

import aiohttp

from tests.support.house import PASSWORD


class Desk:
    """A signed-in employee's cookies; `at` is the address of the day's page."""

    def __init__(self, http: aiohttp.ClientSession, at: str) -> None:
        self._http = http
        self.at = at
        self._csrf = ""

    async def sign_in(self, email: str) -> None:
        form = {"email": email, "password": PASSWORD}
        async with self._http.post("/console/login", data=form) as answer:
            self._csrf = (await answer.text()).partition('name="csrf-token" content="')[2]
        self._csrf = self._csrf.partition('"')[0]

    async def get(self, below: str = "", **headers: str) -> tuple[int, str]:
        async with self._http.get(self.at + below, headers=headers) as answer:
            return answer.status, await answer.text()

    async def post(self, below: str, **form: Any) -> tuple[int, str]:
        headers = {"HX-Request": "true", "X-CSRF-Token": self._csrf}
        async with self._http.post(self.at + below, data=form, headers=headers) as answer:
            return answer.status, await answer.text()
