"""Two calls that turned out to be one."""

from __future__ import annotations

from kommutator.domain.calls.memory import Memory, Told


def join(into: Memory, other: Memory) -> None:
    """Everything `other` remembers goes into `into`; `other` is to be forgotten."""
    into.legs |= {name: leg for name, leg in other.legs.items() if name not in into.legs}
    into.marks = sorted({*into.marks, *other.marks})
    into.hints = into.hints.over(other.hints)
    into.reports = sorted({*into.reports, *other.reports}, key=lambda report: report.at)
    into.click = into.click or other.click
    into.clicked_at = into.clicked_at or other.clicked_at
    into.cancelled_at = into.cancelled_at or other.cancelled_at
    into.refusal = into.refusal or other.refusal
    into.lost = into.lost or other.lost
    for names, others in (
        (into.records, other.records),
        (into.arrived, other.arrived),
        (into.lost_records, other.lost_records),
    ):
        names += [name for name in others if name not in names]
    into.transfers = list(dict.fromkeys([*into.transfers, *other.transfers]))
    for connection, told in other.told.items():
        _tell(into.told.setdefault(connection, Told()), told)


def _tell(into: Told, other: Told) -> None:
    into.shown += [extension for extension in other.shown if extension not in into.shown]
    into.rings += other.rings
    into.hung_up |= other.hung_up
    into.recorded |= other.recorded
    into.ruled |= other.ruled
