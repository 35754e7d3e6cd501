"""`kommutator doctor`: words, JSON and the exit code, with and without a database."""

import json
import socket
from pathlib import Path

from tests.support.command import ask, environment
from tests.support.house import MASTER_KEYS, open_house, settle_tenant


async def test_it_works_while_the_database_is_down(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"postgresql://nobody:not-a-real-word@127.0.0.1:{port}/nothing"
    code, said = await ask("doctor", env=environment(tmp_path, database_url=url))
    assert code == 2
    assert "✗ Database: does not answer (ConnectionRefusedError)." in said
    assert "start PostgreSQL" in said
    assert "✓ Disk: " in said
    assert "Traceback" not in said
    assert "not-a-real-word" not in said


async def test_an_old_schema_is_told_and_left_alone(
    tmp_path: Path, empty_database_url: str
) -> None:
    env = environment(tmp_path, database_url=empty_database_url)
    for _ in range(2):
        code, said = await ask("doctor", env=env)
        assert code == 2
        assert "run kommutator migrate" in said


async def test_one_enterprise_as_json(tmp_path: Path, database_url: str) -> None:
    async with open_house(database_url) as house:
        await settle_tenant(house, "0367")
    env = environment(tmp_path, database_url=database_url, master_keys=MASTER_KEYS)
    code, said = await ask("doctor", "--enterprise", "0367", "--json", env=env)
    assert code == 2  # nobody works here, nobody answers at the public address
    findings = {one["check"]: one for one in json.loads(said)["findings"]}
    assert findings["database"]["health"] == "ok"
    assert findings["workers"]["health"] == "fail"
    assert findings["workers"]["repair"].startswith("The server administrator's turn")
    assert findings["pbx_link"]["health"] == "skipped"
    assert findings["crm"]["health"] == "fail"
    assert "api-key-of" not in said


async def test_an_enterprise_that_is_not_there_and_a_trial_without_one(
    tmp_path: Path, database_url: str
) -> None:
    env = environment(tmp_path, database_url=database_url, master_keys=MASTER_KEYS)
    code, said = await ask("doctor", "--enterprise", "0999", env=env)
    assert (code, "enterprise" in said.lower()) == (1, True)
    code, said = await ask("doctor", "--ring", "150", env=env)
    assert code == 1
    assert "Traceback" not in said
