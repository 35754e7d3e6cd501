"""Everything of amoCRM that a door may ask for."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.flows.amocrm.apps import Apps
from kommutator.flows.amocrm.connect import Connect
from kommutator.flows.amocrm.keep_settings import KeepSettings
from kommutator.flows.amocrm.leave import Leave
from kommutator.flows.amocrm.standing import Standing
from kommutator.flows.amocrm.ways_in import WaysIn
from kommutator.flows.amocrm.widget import Widget


@dataclass(frozen=True, slots=True)
class AmoCrm:
    """One per process.

    Attributes:
        app: our integration, if there is one.
        connect: through the consent screen and back.
        ways_in: codes, tokens, installs.
        leave: disconnecting, and hearing that we were removed.
        widget: who speaks from a page of amoCRM, and what for.
        standing: how the tokens of a connection are, for people.
        settings: what a tenant wants of an account.
    """

    app: Apps
    connect: Connect
    ways_in: WaysIn
    leave: Leave
    standing: Standing
    widget: Widget
    settings: KeepSettings
