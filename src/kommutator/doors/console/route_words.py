"""Why the PBX was told to ring this phone, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from babel.dates import format_timedelta

from kommutator.domain.redirect import NO_EXTENSION

Say = Callable[..., str]
"""`say("msgid", "fallback", **params)`: the first msgid that exists."""


@dataclass(frozen=True, slots=True)
class ShownRoute:
    """One answer.

    Attributes:
        who: the extension with its holder; empty for the PBX's own group.
        why: the reason; `age`: how old the knowledge is, or empty.
        skipped: who was passed over, one sentence each.
    """

    who: str
    why: str
    age: str
    skipped: Sequence[str]


def explain_route(
    *,
    extension: str | None,
    why: str,
    age_s: float | None,
    skipped: Sequence[tuple[str, str]],
    remembered: bool,
    holders: Mapping[str, str | None],
    say: Say,
    locale: str,
) -> ShownRoute:
    """Words for a `RouteAnswer`, given or only tried."""

    def name(number: str) -> str:
        holder = holders.get(number)
        return f"{number} · {holder}" if holder else number

    reason = say(why, "route.other", why=why)
    if remembered:
        reason = f"{reason} ({say('route.remembered')})"
    return ShownRoute(
        who=name(extension) if extension else "",
        why=reason,
        age=_age(age_s, say, locale),
        skipped=[_passed(number, slug, name, say) for number, slug in skipped],
    )


def _passed(number: str, slug: str, name: Callable[[str], str], say: Say) -> str:
    words = say(f"route.skip.{slug}", "route.other", why=slug)
    return words if number == NO_EXTENSION else f"{name(number)} — {words}"


def _age(age_s: float | None, say: Say, locale: str) -> str:
    if age_s is None:
        return ""
    return say("route.age", age=format_timedelta(int(age_s), locale=locale))
