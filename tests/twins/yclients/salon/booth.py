"""A small branch whose every minute is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kommutator.twins.yclients.company import Company
from tests.support.yclients_town import Reply, YTown

# Thursday, a day after the tests' Wednesday.
DAY = "2026-07-23"
PHONE = "+7 000 000-07-07"


@dataclass
class Booth:
    """Ann cuts in 60 minutes and colours in 90; Bob cuts in 45. Both work 10-14 and 15-18."""

    town: YTown
    company: int
    cut: int
    colour: int
    ann: int
    bob: int

    @property
    def inside(self) -> Company:
        return self.town.world.company(self.company)

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Reply:
        """`{c}` in the path is the branch; the system user asks."""
        where = path.replace("{c}", str(self.company))
        return await self.town.ask(method, where, body, **({"user": self.town.user_token} | more))

    async def times(self, staff: int, *services: int, day: str = DAY) -> list[str]:
        """The clock words of `book_times`, asked by the partner alone."""
        path = f"/book_times/{{c}}/{staff}/{day}"
        answer = await self.ask("GET", path, user="", service_ids=list(services))
        return [row["time"] for row in answer.data]

    def wish(self, at: str, **more: Any) -> dict[str, Any]:
        """A body of `book_record` for a cut with Ann at `10:00`."""
        one = {"id": 1, "services": [self.cut], "staff_id": self.ann, "datetime": f"{DAY} {at}:00"}
        appointment = one | more.pop("appointment", {})
        facts = {"phone": PHONE, "fullname": "Иван", "email": "i@example.com"}
        return facts | {"appointments": [appointment]} | more

    async def book(self, at: str, **more: Any) -> Reply:
        return await self.ask("POST", "/book_record/{c}", self.wish(at, **more), user="")

    def record(self, at: str, **more: Any) -> dict[str, Any]:
        """A whole body of a record: a cut with Ann."""
        return {
            "staff_id": self.ann,
            "services": [{"id": self.cut}],
            "client": {"phone": PHONE, "name": "Иван"},
            "datetime": f"{DAY} {at}:00",
            "seance_length": 3600,
            "save_if_busy": False,
            "send_sms": False,
        } | more

    async def make(self, at: str, **more: Any) -> int:
        """A record by the API; its id."""
        answer = await self.ask("POST", "/records/{c}", self.record(at, **more))
        assert answer.status == 201, answer.text
        return int(answer.data["id"])


async def build(town: YTown, timezone: str = "Europe/Moscow") -> Booth:
    company = (await town.order("companies", title="Будка", timezone=timezone))["id"]
    await town.let_in(company)
    service = {"company": company, "category": "Волосы"}
    cut = (await town.order("services", **service, title="Стрижка", minutes=60, price=1000))["id"]
    colour = (await town.order("services", **service, title="Цвет", minutes=90, price=3000))["id"]
    staff = {"company": company, "position": "Мастер"}
    ann_does, bob_does = {cut: 60, colour: 90}, {cut: 45}
    ann = (await town.order("staff", **staff, name="Анна", lengths=ann_does, weight=2))["id"]
    bob = (await town.order("staff", **staff, name="Боб", lengths=bob_does, weight=1))["id"]
    for one in (ann, bob):
        slots = [{"from": "10:00", "to": "14:00"}, {"from": "15:00", "to": "18:00"}]
        await town.order("schedule", company=company, staff_id=one, dates=[DAY], slots=slots)
    return Booth(town, company, cut, colour, ann, bob)
