"""A process that books one visit and is killed while it waits for the answer.

python booking_worker.py <dsn> <api url> <partner token> <user token>
<connection> <booked day and time> <service> <staff> <mark>
"""

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[2]))

from kommutator.domain.salon.booking import BookingWish, Guest
from tests.support.house import open_house


async def main(
    dsn: str, api_url: str, partner: str, user: str, connection: str, at: str, *numbers: str
) -> None:
    service, staff = map(int, numbers[:2])
    async with open_house(
        dsn,
        private_hosts="127.0.0.1",
        yclients_partner_token=partner,
        yclients_user_token=user,
        yclients_application_id="1",
        yclients_api_url=api_url,
    ) as house:
        assert house.visits is not None
        account = await house.directory.account(UUID(connection))
        guest = Guest("+70000000999", "Упавший")
        wish = BookingWish(staff, (service,), datetime.fromisoformat(at), guest, numbers[2])
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await house.visits.book(account, wish, made_by="tests")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
