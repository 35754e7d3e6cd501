"""Read-only queries made for pages. The tenant comes first; nothing here writes."""

from kommutator.store.views.access import AccessViews
from kommutator.store.views.calls import CallFilter, CallLine, CallViews
from kommutator.store.views.connections import ConnectionLine, ConnectionViews
from kommutator.store.views.health import HealthViews
from kommutator.store.views.log import LogFilter, LogLine, LogViews
from kommutator.store.views.statistics import CountFilter, StatisticsViews

__all__ = [
    "AccessViews",
    "CallFilter",
    "CallLine",
    "CallViews",
    "ConnectionLine",
    "ConnectionViews",
    "CountFilter",
    "HealthViews",
    "LogFilter",
    "LogLine",
    "LogViews",
    "StatisticsViews",
]
