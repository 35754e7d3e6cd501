"""Promise: what may be on its way is given time before anybody looks whether it arrived."""

from kommutator.domain.crm_ports import Written
from kommutator.flows.amocrm.written import Maker
from kommutator.flows.once import Plan
from kommutator.kit.clock import SystemClock


async def test_a_second_try_waits_before_it_looks_for_what_the_first_may_have_made() -> None:
    done: list[object] = []

    class Noting(SystemClock):
        async def sleep(self, seconds: float) -> None:
            done.append(seconds)

    async def write() -> list[Written]:
        done.append("write")
        return [Written(7)]

    async def find() -> int | None:
        done.append("find")
        return 5

    maker = Maker(clock=Noting(), settle_s=2.0)
    assert await maker.make(Plan(stamp=1, again=True), write, find) == 5
    assert done == [2.0, "find"]
    done.clear()
    assert await maker.make(Plan(stamp=1), write, find) == 7
    assert done == ["write"]
