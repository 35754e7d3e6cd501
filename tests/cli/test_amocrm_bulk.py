"""`amocrm bulk`: a file written to the twin, and what it says about it."""

from pathlib import Path

from tests.support.amocrm_live import open_live
from tests.support.command import ask, environment
from tests.support.house import MASTER_KEYS
from tests.workers.test_bulk_live import all_leads


async def test_a_file_is_written_and_the_refused_are_named(
    tmp_path: Path, database_url: str
) -> None:
    async with open_live(database_url) as live:
        ids = sorted(await all_leads(live))[:20]
        sheet = tmp_path / "leads.csv"
        rows = [f"{one};{500 + n}" for n, one in enumerate(ids)]
        sheet.write_text("\n".join(["id;price", *rows, "999999999;1"]))
        env = environment(
            tmp_path, database_url=database_url, master_keys=MASTER_KEYS, private_hosts="127.0.0.1"
        )
        code, said = await ask(
            "amocrm", "bulk", str(sheet), "--enterprise", "0367", "--wait", env=env
        )
        assert "21 items" in said, said
        assert "Written: 20. Refused: 1." in said
        assert "999999999" in said
        assert code == 1
        after = await all_leads(live)
        assert [after[one]["price"] for one in ids] == list(range(500, 520))


async def test_a_file_that_is_no_table_ends_in_words(tmp_path: Path, database_url: str) -> None:
    sheet = tmp_path / "leads.csv"
    sheet.write_text("id;prise\n1;2\n")
    env = environment(tmp_path, database_url=database_url, master_keys=MASTER_KEYS)
    code, said = await ask("amocrm", "bulk", str(sheet), "--enterprise", "0367", env=env)
    assert (code, "The column “prise” is not known." in said) == (1, True)
