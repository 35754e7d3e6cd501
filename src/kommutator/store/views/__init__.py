"""Read-only queries made for pages. The tenant comes first; nothing here writes."""

from kommutator.store.views.access import AccessViews
from kommutator.store.views.calls import CallFilter, CallLine, CallViews
from kommutator.store.views.campaigns import AttemptLine, CampaignFigures, CampaignViews
from kommutator.store.views.connections import ConnectionLine, ConnectionViews
from kommutator.store.views.crm import CrmViews
from kommutator.store.views.health import HealthViews
from kommutator.store.views.log import LogFilter, LogLine, LogViews
from kommutator.store.views.phone_book import BookFilter, PhoneBookViews
from kommutator.store.views.routes import RouteLine, RouteViews
from kommutator.store.views.statistics import CountFilter, StatisticsViews

__all__ = [
    "AccessViews",
    "AttemptLine",
    "BookFilter",
    "CallFilter",
    "CallLine",
    "CallViews",
    "CampaignFigures",
    "CampaignViews",
    "ConnectionLine",
    "ConnectionViews",
    "CountFilter",
    "CrmViews",
    "HealthViews",
    "LogFilter",
    "LogLine",
    "LogViews",
    "PhoneBookViews",
    "RouteLine",
    "RouteViews",
    "StatisticsViews",
]
