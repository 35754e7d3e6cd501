"""Texts: three languages, plurals, fallbacks, and no sentence missing or left over."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from kommutator.domain import rules
from kommutator.domain.commands import CallResult
from kommutator.domain.connection import ConnectionKind, ConnectionStatus
from kommutator.domain.mapping import State
from kommutator.domain.tenancy import Permission, Role
from kommutator.flows import refusals
from kommutator.kit.errors import InvalidInput
from kommutator.kit.texts import FOLDER, LOCALES, Texts, choose_locale

SOURCES = FOLDER.parent
TEXTS = Texts.load()
# Families whose last part is a value of the data; what these values are is checked below.
OPEN_FAMILIES = (
    "audit.action.",
    "cache.",
    "command.",
    "note.",
    "journal.kind.",
    "journal.source.",
    "recording.why.",
    "result.vendor.",
)
# Families whose last part is written somewhere in the code.
CODED_FAMILIES = ("error.", "hint.", "reason.")
# Codes put together from a field or a state: f"{name}_missing" and the like.
_COMPOSED = re.compile(
    r"(payload_\w+_(invalid|missing)|(ami_user|ami_secret|api_key)_missing|connection_\w+"
    r"|booking_\w+)"
)
_SLUG = re.compile(r"""["']((?:[a-z][a-z_0-9]*\.)+[a-z][a-z_0-9]*)["']""")
_USER_ERRORS = {
    "UserError", "InvalidInput", "Unauthorized", "Forbidden", "NotFound", "Conflict", "TooMany",
    "Unavailable", "TooLarge", "Gone", "TooLong", "NoAudio",
}  # fmt: skip


def catalog(locale: str) -> Catalog:
    with (FOLDER / locale / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=locale)


def msgids(locale: str) -> set[str]:
    return {_id(message.id) for message in catalog(locale) if message.id}


def _id(message_id: Any) -> str:
    return str(message_id if isinstance(message_id, str) else message_id[0])


def sources(*suffixes: str) -> Iterator[Path]:
    return (path for path in SOURCES.rglob("*") if path.suffix in suffixes)


def test_every_language_has_the_same_sentences() -> None:
    assert msgids("uk") == msgids("ru")
    assert msgids("en") == msgids("ru")


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_is_empty(locale: str) -> None:
    empty = [_id(m.id) for m in catalog(locale) if m.id and not all(_forms(m.string))]
    assert empty == []


def _forms(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize("locale", ["uk", "en"])
def test_translations_fill_the_same_places(locale: str) -> None:
    places = re.compile(r"{(\w+)}")
    russian, other = catalog("ru"), catalog(locale)
    differing = [
        _id(message.id)
        for message in russian
        if message.id
        and {p for form in _forms(message.string) for p in places.findall(form)}
        != {p for form in _forms(other[message.id].string) for p in places.findall(form)}
    ]
    assert differing == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sentence_is_only_its_slug(locale: str) -> None:
    bare = [_id(m.id) for m in catalog(locale) if m.id and _id(m.id) in _forms(m.string)]
    assert bare == []


def test_every_slug_asked_for_has_a_sentence() -> None:
    known = msgids("ru")
    asked = re.compile(r"""\b(?:t|say)\(\s*["']([a-z_.0-9]+[a-z_0-9])["']\s*[,)]""")
    missing = {
        slug
        for path in sources(".html", ".py")
        for slug in asked.findall(path.read_text())
        if slug not in known and "." in slug
    }
    assert missing == set()


def test_no_sentence_is_left_over() -> None:
    code = "\n".join(path.read_text() for path in sources(".html", ".py"))
    literal = set(_SLUG.findall(code))
    words = set(re.findall(r"""["']([a-z_0-9]+)["']""", code)) | {"unknown", "other"}
    families = tuple({*_formatted(code), *OPEN_FAMILIES})
    unused = {
        slug
        for slug in msgids("ru")
        if not _is_used(re.sub(r"\.(action|words)$", "", slug), literal, words, families)
        and slug not in literal
    }
    assert unused == set()


def _is_used(slug: str, literal: set[str], words: set[str], families: tuple[str, ...]) -> bool:
    if slug.startswith(CODED_FAMILIES):
        last = slug.partition(".")[2]
        return last in words or _COMPOSED.fullmatch(last) is not None
    return slug in literal or slug.startswith(families)


def _formatted(code: str) -> Iterator[str]:
    """Prefixes that get their end at run time: f"need.{slug}" and "need." ~ slug."""
    in_code = re.findall(r"""f["']([a-z_.]+\.){""", code)
    in_templates = re.findall(r"""["']([a-z_.]+\.)["'] ~""", code)
    return iter({*in_code, *in_templates} - {".", *CODED_FAMILIES})


def test_every_answer_to_why_has_a_sentence_and_an_action() -> None:
    code = (SOURCES / "domain" / "why.py").read_text()
    slugs = set(re.findall(r"""(?:Why\(|\(|else )"([a-z_]+)\"""", code))
    slugs -= {"ringing", "transient", "draft", "removed"}
    slugs |= {"connection_draft", "connection_paused", "connection_broken", "connection_removed"}
    known = msgids("ru")
    assert len(slugs) > 20
    assert {s for s in slugs if f"why.{s}" not in known or f"why.{s}.action" not in known} == set()


def test_every_error_a_person_can_meet_has_both_sentences() -> None:
    known = msgids("ru")
    missing = {
        code
        for code in _error_codes()
        if f"error.{code}" not in known or f"error.{code}.action" not in known
    }
    assert missing == set()


def _error_codes() -> Iterator[str]:
    for path in sources(".py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) in _USER_ERRORS and node.args:
                yield from _literals(node.args[0])


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def test_every_remark_and_difference_has_a_sentence() -> None:
    known = msgids("ru")
    code = "\n".join(path.read_text() for path in sources(".py"))
    remarks = set(
        re.findall(r"""(?:note=f?|note = f?|Ignored\(|Finish\(|Dead\()"([a-z_]+)""", code)
    )
    module = (SOURCES / "connectors/crm/retailcrm/module.py").read_text()
    fields = set(re.findall(r'"(\w+)"', module[module.index("def differences") :]))
    fields -= {"actions", "integrations", "telephony", "userId", "code", "siteCode"}
    fields -= {"externalPhone"}
    assert len(remarks) > 10
    assert len(fields) > 10
    assert {r for r in remarks if f"note.{r}" not in known} == set()
    assert {f for f in fields if f"difference.{f}" not in known} == set()


def test_every_hint_has_a_sentence() -> None:
    known = msgids("ru")
    hints = {
        slug
        for path in sources(".py")
        for slug in re.findall(r"""\bhint=["']([a-z_]+)["']""", path.read_text())
    }
    assert {hint for hint in hints if f"hint.{hint}" not in known} == set()


def test_every_action_of_the_audit_has_a_sentence() -> None:
    known = msgids("ru")
    actions = {action for path in sources(".py") for action in _audited(path)}
    assert {"connection.pbx_files", "connection.pause", "extensions.save"} <= actions
    # Of these the code knows the name only as a constant, or as the status that was set.
    actions |= {refusals.CLICK, refusals.HOOK}
    actions |= {f"connection.{s}" for s in (ConnectionStatus.ACTIVE, ConnectionStatus.PAUSED)}
    assert {action for action in actions if f"audit.action.{action}" not in known} == set()


def _audited(path: Path) -> Iterator[str]:
    """Each `action="…"`, and what sync_people.py hands on to where it is written."""
    code = path.read_text()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.keyword) and node.arg == "action":
            for action in _literals(node.value):
                yield action if "." in action else f"connection.{action}"
    yield from re.findall(r"""["'](extensions\.[a-z]+)["']""", code)


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("call.result.", [*CallResult]),
        ("kind.", [*ConnectionKind]),
        ("status.", [*ConnectionStatus]),
        ("people.state.", [s for s in State if s is not State.FREE]),
        ("role.", [*Role]),
        ("permission.", [p for p in Permission if p is not Permission.ADMINISTER]),
        ("rules.create.", [*rules.Creates]),
    ],
)
def test_every_value_of_the_domain_has_a_word(prefix: str, values: list[str]) -> None:
    known = msgids("ru")
    assert [value for value in values if f"{prefix}{value}" not in known] == []


@pytest.mark.parametrize(
    ("locale", "n", "said"),
    [
        ("ru", 1, "1 сообщение не принято и ждёт решения."),
        ("ru", 3, "3 сообщения не приняты и ждут решения."),
        ("ru", 11, "11 сообщений не приняты и ждут решения."),
        ("uk", 5, "5 повідомлень не прийнято, вони чекають рішення."),
        ("en", 1, "1 message was refused and waits for a decision."),
        ("en", 2, "2 messages were refused and wait for a decision."),
    ],
)
def test_numbers_take_their_plural(locale: str, n: int, said: str) -> None:
    assert TEXTS.translate(locale, "need.dead", n=n) == said


def test_an_unknown_language_speaks_russian() -> None:
    assert TEXTS.translate("de", "nav.calls") == "Звонки"


def test_an_unknown_slug_comes_back_as_itself() -> None:
    assert TEXTS.translate("en", "no.such.slug") == "no.such.slug"
    assert not TEXTS.has("en", "no.such.slug")


def test_braces_of_a_vendor_are_not_filled_in() -> None:
    said = TEXTS.translate("en", "connection.vendor_says", words="{name} {0}")
    assert said == "Answer: “{name} {0}”"


def test_a_missing_parameter_leaves_the_sentence_readable() -> None:
    assert TEXTS.translate("en", "log.attempt", other=1) == "attempt {number}"


def test_an_error_says_what_happened_and_what_to_do() -> None:
    text = TEXTS.error("en", InvalidInput("phone_invalid", phone="12"))
    assert text.message == "This does not look like a phone number: 12."
    assert text.action == "Enter it with the country code, such as +375170000070."


def test_an_error_nobody_described_still_has_a_sentence() -> None:
    text = TEXTS.error("en", InvalidInput("brand_new"))
    assert text.message == "The request could not be served (brand_new)."


@pytest.mark.parametrize(
    ("wishes", "chosen"),
    [
        ((None, None, None), "ru"),
        (("uk", "en", "ru"), "uk"),
        ((None, "en", "uk"), "en"),
        ((None, None, "de-DE,de;q=0.9,uk-UA;q=0.8,en;q=0.7"), "uk"),
        ((None, None, "en-GB"), "en"),
        ((None, None, "en;q=0,uk;q=0.1"), "uk"),
        ((None, None, "en;q=nonsense"), "ru"),
        (("../../etc", None, "*"), "ru"),
    ],
)
def test_the_language_is_the_first_wish_we_speak(
    wishes: tuple[str | None, ...], chosen: str
) -> None:
    assert choose_locale(*wishes) == chosen


def test_a_compiled_catalog_is_used_only_while_it_is_fresh(tmp_path: Path) -> None:
    for locale in LOCALES:
        folder = tmp_path / locale / "LC_MESSAGES"
        folder.mkdir(parents=True)
        source = folder / "messages.po"
        source.write_text(_one_sentence(locale, "new"))
        (folder / "messages.mo").write_bytes(b"stale and not even a catalog")
        stale = source.stat().st_mtime - 60

        os.utime(folder / "messages.mo", (stale, stale))
    assert Texts.load(tmp_path).translate("uk", "a.b") == "new"


def _one_sentence(locale: str, text: str) -> str:
    header = f"Language: {locale}\\nContent-Type: text/plain; charset=UTF-8\\n"
    return f'msgid ""\nmsgstr "{header}"\n\nmsgid "a.b"\nmsgstr "{text}"\n'
