"""The Jinja environment: everything escaped, nothing undefined, texts by `t`."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from kommutator.doors.console import formats

HERE = Path(__file__).parent
STATIC = HERE / "static"
STATIC_URL = "/console/static"


@cache
def asset(name: str) -> str:
    """URL of a file in `static/`, changed by its content so that caches may keep it for ever."""
    file = STATIC / name
    mark = hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "0"
    return f"{STATIC_URL}/{name}?v={mark}"


@pass_context
def _when(context: Context, at: datetime | None) -> str:
    """A `<time>` in the enterprise's zone, full on hover."""
    if at is None:
        return "—"
    tz, locale = context["tz"], context["locale"]
    return _time(context, at, formats.moment(at, context["now"], tz, locale))


@pass_context
def _brief(context: Context, at: datetime) -> str:
    """A `<time>` of a list: the time for today, else the day."""
    shown = formats.brief(at, context["now"], context["tz"], context["locale"])
    return _time(context, at, shown)


@pass_context
def _clock(context: Context, at: datetime) -> str:
    """A `<time>` whose day is said elsewhere."""
    return _time(context, at, f"{at.astimezone(context['tz']):%H:%M}")


def _time(context: Context, at: datetime, shown: str) -> str:
    return Markup('<time class="nowrap num" datetime="{}" title="{}">{}</time>').format(
        at.isoformat(), formats.full_moment(at, context["tz"], context["locale"]), shown
    )


@pass_context
def _ago(context: Context, at: datetime | None) -> str:
    if at is None:
        return "—"
    return formats.ago(at, context["now"], context["locale"])


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _anchor(name: str) -> str:
    """An id for an element: htmx looks for it by a selector, which a dot would break."""
    return "x" + hashlib.sha256(name.encode()).hexdigest()[:16]


def environment() -> Environment:
    """One per process; templates are compiled once."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals["asset"] = asset
    env.filters.update(
        when=_when,
        brief=_brief,
        clock=_clock,
        ago=_ago,
        span=formats.span,
        phone=formats.phone,
        pretty=_pretty,
        percent=formats.percent,
        anchor=_anchor,
    )
    return env
