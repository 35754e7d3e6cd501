"""`amocrm import-tokens` and `amocrm auth-code` from the command line, against the twin."""

import json
from pathlib import Path

import asyncpg

from tests.support.amocrm_town import AmoTwin, open_amocrm
from tests.support.command import ask, environment
from tests.support.house import MASTER_KEYS, open_house, settle_tenant


def env_of(tmp_path: Path, dsn: str, twin: AmoTwin) -> dict[str, str]:
    return environment(
        tmp_path, database_url=dsn, master_keys=MASTER_KEYS, amocrm_domain=twin.url, **twin.settings
    )


async def test_a_code_connects_the_only_enterprise(tmp_path: Path, database_url: str) -> None:
    async with open_amocrm() as twin:
        async with open_house(database_url) as house:
            await settle_tenant(house, "0367")
        env = env_of(tmp_path, database_url, twin)
        code = await twin.code()
        status, said = await ask("amocrm", "auth-code", "--code", code, env=env)
        assert (status, "Connected: " in said) == (0, True), said
        status, said = await ask("amocrm", "auth-code", "--code", code, env=env)
        assert (status, "Invalid authorization code" in said) == (1, True), said
        assert code not in said


async def test_tokens_of_another_database_are_taken_over(
    tmp_path: Path, database_url: str, empty_database_url: str
) -> None:
    async with open_amocrm() as twin:
        async with open_house(database_url) as house:
            tenant = await settle_tenant(house, "0367")
        pairs = [await twin.order("tokens", account="demo") for _ in range(2)]
        theirs = await asyncpg.connect(empty_database_url)
        await theirs.execute(
            "CREATE TABLE amo_crm_tokens (user_id text, access_token text, refresh_token text, "
            "expires_at timestamp)"
        )
        for user, pair in zip(("1", "2"), pairs, strict=True):
            await theirs.execute(
                "INSERT INTO amo_crm_tokens VALUES ($1, $2, $3, now() - interval '1 day')",
                user, pair["access_token"], pair["refresh_token"],
            )  # fmt: skip
        await theirs.close()
        owners = tmp_path / "owners.json"
        owners.write_text(json.dumps({"1": tenant.admin.email}))
        env = env_of(tmp_path, database_url, twin)
        words = ("amocrm", "import-tokens", empty_database_url, "--map", str(owners))
        status, said = await ask(*words, env=env)
        assert (status, "1 of 2 would be imported" in said) == (1, True), said
        assert await twin.exchanges() == 0
        status, said = await ask(*words, "--apply", env=env)
        assert (status, "Imported 1 of 2." in said) == (1, True), said
        assert await twin.exchanges() == 1  # it was over: renewed at once
        for pair in pairs:
            assert pair["access_token"] not in said
            assert pair["refresh_token"] not in said
        async with open_house(database_url, **twin.settings) as house, house.db.unit() as unit:
            states = await unit.grants.states_everywhere()
        assert list(states) == [("amocrm", "active", 1)]


async def test_a_source_that_is_none_ends_in_words(tmp_path: Path, database_url: str) -> None:
    async with open_amocrm() as twin:
        env = env_of(tmp_path, database_url, twin)
        status, said = await ask("amocrm", "import-tokens", str(tmp_path / "none.json"), env=env)
        assert (status, said) == (1, "The source cannot be read: FileNotFoundError.\n")
