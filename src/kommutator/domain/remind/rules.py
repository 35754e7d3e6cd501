"""What a salon reminds of, asks and offers: `enterprises.settings["remind"]`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from kommutator.domain.outreach.wanted import OutreachKind
from kommutator.domain.remind.words import checked_text
from kommutator.kit.errors import InvalidInput

KEY: Final = "remind"
"""In the enterprise's settings."""

KINDS: Final = (
    OutreachKind.REMINDER_DAY,
    OutreachKind.REMINDER_HOURS,
    OutreachKind.REVIEW,
    OutreachKind.WIN_BACK,
)
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_LONGEST_LINK: Final = 500
_MOST_LINKS: Final = 5
_Hours = Annotated[float, msgspec.Meta(gt=0, le=72)]
_Days = Annotated[int, msgspec.Meta(ge=1, le=730)]


class _Rule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Common frame: a rule can be switched off."""

    on: bool = True


class DayBefore(_Rule, frozen=True):
    """`way` "evening": between `begin` and `end` of the day before; else `hours` ahead."""

    way: Literal["evening", "hours"] = "evening"
    begin: str = "19:00"
    end: str = "21:00"
    hours: _Hours = 24


class HoursBefore(_Rule, frozen=True):
    hours: Annotated[float, msgspec.Meta(gt=0, le=12)] = 2


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a client may write about the salon in public."""

    title: str
    url: str


class Review(_Rule, frozen=True):
    """After a visit that took place.

    Attributes:
        after_minutes: since the salon noted that the client came.
        every_days: nobody is asked more often.
        for_all: everybody gets the link, whatever they answer. Sites forbid to ask only those who
            were content ("review gating", contract messaging §5).
    """

    after_minutes: Annotated[int, msgspec.Meta(ge=0, le=2880)] = 150
    every_days: _Days = 30
    links: tuple[Link, ...] = ()
    for_all: bool = True


class WinBack(_Rule, frozen=True):
    """Whoever was here last so long ago and has no visit to come; advertising, so off at first."""

    on: bool = False
    after_days: _Days = 60
    every_days: _Days = 90
    per_day: Annotated[int, msgspec.Meta(ge=1, le=200)] = 20
    at: str = "12:00"


class Rules(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Of one salon.

    Attributes:
        language: of the messages; "": the enterprise's.
        texts: kind → the salon's own words instead of the catalog's.
    """

    day: DayBefore = DayBefore()
    hours: HoursBefore = HoursBefore()
    review: Review = Review()
    win_back: WinBack = WinBack()
    language: Literal["", "ru", "uk", "en"] = ""
    texts: dict[str, str] = msgspec.field(default_factory=dict)

    def wants(self, kind: OutreachKind) -> bool:
        """Whether messages of this kind are sent."""
        return {
            OutreachKind.REMINDER_DAY: self.day.on,
            OutreachKind.REMINDER_HOURS: self.hours.on,
            OutreachKind.REVIEW: self.review.on,
            OutreachKind.WIN_BACK: self.win_back.on,
        }.get(kind, False)


class RemindSettings(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`salons`: connection id of a salon → its rules instead of `rules`. `on`: off stops all."""

    on: bool = True
    rules: Rules = Rules()
    salons: dict[str, Rules] = msgspec.field(default_factory=dict)

    def of(self, salon: UUID) -> Rules | None:
        """What holds in this salon; None: nothing is sent."""
        return self.salons.get(str(salon), self.rules) if self.on else None


def read_rules(settings: Mapping[str, Any]) -> RemindSettings:
    """Of an enterprise; what no version of ours wrote counts as switched off."""
    try:
        return msgspec.convert(settings.get(KEY) or {}, RemindSettings)
    except msgspec.ValidationError:
        return RemindSettings(on=False)


def dump_rules(settings: RemindSettings) -> dict[str, Any]:
    """Into `enterprises.settings`."""
    return {
        "on": settings.on,
        "rules": msgspec.to_builtins(settings.rules),
        "salons": msgspec.to_builtins(settings.salons),
    }


def checked_rules(given: Mapping[str, Any]) -> RemindSettings:
    """From outside.

    Raises:
        InvalidInput: `remind_settings_invalid` (`field`); of a text as `checked_template`.
    """
    try:
        settings = msgspec.convert(dict(given), RemindSettings)
    except (msgspec.ValidationError, RecursionError) as error:
        found = re.search(r"`\$\.([a-z_.]+)", str(error))
        raise InvalidInput("remind_settings_invalid", field=found[1] if found else KEY) from None
    for rules in (settings.rules, *settings.salons.values()):
        wrong = _wrong(rules)
        if wrong is not None:
            raise InvalidInput("remind_settings_invalid", field=wrong)
        for text in rules.texts.values():
            checked_text(text)
    return settings


def _wrong(rules: Rules) -> str | None:
    day = rules.day
    if not (_TIME.fullmatch(day.begin) and _TIME.fullmatch(day.end) and day.begin < day.end):
        return "day"
    if not _TIME.fullmatch(rules.win_back.at):
        return "win_back"
    if not set(rules.texts) <= {kind.value for kind in KINDS}:
        return "texts"
    links = rules.review.links
    fits = len(links) <= _MOST_LINKS and all(_is_link(one) for one in links)
    return None if fits else "review"


def _is_link(link: Link) -> bool:
    if not link.title.strip() or len(link.url) > _LONGEST_LINK or not link.url.isprintable():
        return False
    try:
        parts = urlsplit(link.url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in link.url
