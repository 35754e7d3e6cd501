"""Talks and the assistant where there is nothing yet, where one may not, and by bent links."""

from urllib.parse import urlsplit

from tests.console.conftest import ADMIN, EMPLOYEE, Console
from tests.console.visitor import visiting

PAGES = ("", "/try", "/names", "/texts", "/reminders", "/reviews", "/outreach", "/outreach/log")


async def test_every_page_says_what_to_do_while_there_is_nothing(console: Console) -> None:
    async with visiting(console) as admin:
        await admin.sign_in(ADMIN)
        status, page, _ = await admin.get("/console/inbox")
        assert (status, "No chats yet" in page, "/console/channels" in page) == (200, True, True)
        for path in PAGES:
            status, page, _ = await admin.get(f"/console/assistant{path}")
            assert status == 200, path
        for path in ("", "/try", "/names"):
            _, page, _ = await admin.get(f"/console/assistant{path}")
            assert "No salon is connected" in page
            assert 'href="/console/salons"' in page


async def test_settings_are_for_administrators(console: Console) -> None:
    async with visiting(console) as employee, visiting(console) as stranger:
        await employee.sign_in(EMPLOYEE)
        for path in PAGES:
            assert (await employee.get(f"/console/assistant{path}"))[0] == 403
            status, _, location = await stranger.get(f"/console/assistant{path}")
            assert (status, urlsplit(location).path) == (303, "/console/login")


async def test_a_bent_link_shows_the_usual_or_says_what_is_missing(console: Console) -> None:
    bent = "show=%C2%B2&search=%E2%80%8B&channel=1&salon=x&limit=%D9%A3&opened=-1"
    async with visiting(console) as admin:
        await admin.sign_in(ADMIN)
        assert (await admin.get(f"/console/inbox?{bent}"))[0] == 200
        status, page, _ = await admin.get("/console/inbox/7")
        assert (status, "no such" in page.lower()) == (404, True)
        for path in ("thread", "thread?seen=1&lines=-5"):
            assert (await admin.get(f"/console/inbox/7/{path}"))[0] == 404
        for path in ("reviews?before=99999999999999999999", "outreach/log?phone=abc&state=x",
                     "names?salon=x", "reminders?salon=x", "texts?language=xx"):  # fmt: skip
            assert (await admin.get(f"/console/assistant/{path}"))[0] == 200, path


async def test_what_cannot_be_is_refused_with_a_sentence(console: Console) -> None:
    async with visiting(console) as admin:
        await admin.sign_in(ADMIN)
        fields = {"csrf_token": admin.csrf, "enterprise": "0367"}
        origin = {"Origin": console.url}
        for path, code, sent in (
            ("inbox/7/say", 404, {"text": "hello"}),
            ("inbox/7/take", 404, {}),
            ("inbox/7/consent", 404, {"opted_out": "1"}),
            ("assistant", 400, {"pause_hours": "soon"}),
            ("assistant/texts", 400, {"language": "ru", "slug": "nav.inbox", "text": "x"}),
            ("assistant/texts", 400, {"language": "ru", "slug": "assistant.hello", "text": "{x}"}),
            ("assistant/reminders", 400, {"day_way": "never"}),
            ("assistant/reminders", 400, {"salon": "none"}),
            ("assistant/outreach", 400, {"begin": "9", "end": "21:00", "per_day": "many"}),
            ("assistant/outreach/pause", 404, {"connection_id": "none"}),
            ("assistant/try", 503, {"text": "hello"}),
        ):
            status, page, _ = await admin.post(f"/console/{path}", headers=origin, **fields, **sent)
            assert status == code, (path, sent, page[:300])
            assert "Traceback" not in page
