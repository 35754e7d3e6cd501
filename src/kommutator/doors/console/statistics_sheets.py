"""The tables of the statistics page as rows for files. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from kommutator.domain.statistics import Counts, Report, Share
from kommutator.store.views import CallLine

FILES = ("calls", "days", "hours", "lines", "employees", "uncalled")
Row = Sequence[object]
_COUNTS = ("answered", "missed", "outgoing", "reached")
_CALL = (
    "started", "direction", "client", "client_name", "line", "result", "extensions", "wait_s",
    "talk_s", "requested_by", "id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """The reader's language and the enterprise's zone. `weekdays` begin with Monday."""

    t: Callable[..., str]
    zone: ZoneInfo
    weekdays: Sequence[str]

    def call_head(self) -> Row:
        return self._head(*_CALL)

    def call(self, call: CallLine) -> Row:
        t = self.t
        return (
            self._time(call.started_at),
            t(f"call.direction.{call.direction}"),
            call.client,
            call.client_name,
            call.line,
            t(f"call.result.{call.result}") if call.result else None,
            " ".join(call.extensions),
            call.wait_s,
            call.talk_s,
            call.requested_by,
            call.id,
        )

    def table(self, what: str, report: Report) -> Iterator[Row]:
        """Head and rows of one of FILES but the calls."""
        if what == "days":
            yield self._head("day", *_COUNTS)
            for day, counts in report.spread.days.items():
                yield (day.isoformat(), *_counts(counts))
        elif what == "hours":
            yield self._head("weekday", "hour", *_COUNTS)
            for weekday, hours in zip(self.weekdays, report.spread.hours, strict=True):
                for hour, counts in enumerate(hours):
                    yield (weekday, f"{hour:02}:00", *_counts(counts))
        elif what == "uncalled":
            yield from self._uncalled(report)
        else:
            yield from self._shares(what, report.lines if what == "lines" else report.employees)

    def _shares(self, what: str, shares: Sequence[Share]) -> Iterator[Row]:
        yield self._head("line" if what == "lines" else "extension", *_COUNTS, "wait_avg", "talk_s")
        for share in shares:
            wait = None if share.wait_avg_s is None else round(share.wait_avg_s)
            yield (share.name, *_counts(share.counts), wait, share.talk_s)

    def _uncalled(self, report: Report) -> Iterator[Row]:
        yield self._head("client", "client_name", "line", "missed", "last_missed")
        for item in report.uncalled.items:
            at = self._time(item.last_at)
            yield (item.client, item.client_name, item.line, item.missed, at)

    def _head(self, *names: str) -> Row:
        return [self.t(f"stats.column.{name}") for name in names]

    def _time(self, at: datetime) -> str:
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")


def _counts(counts: Counts) -> Row:
    return [getattr(counts, name) for name in _COUNTS]
