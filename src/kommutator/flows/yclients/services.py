"""Everything of YClients' marketplace that a door may ask for."""

from __future__ import annotations

from dataclasses import dataclass

from kommutator.flows.hook_secrets import HookSecrets
from kommutator.flows.yclients.activate import Activate
from kommutator.flows.yclients.arrive import Arrive
from kommutator.flows.yclients.direct import ConnectDirectly
from kommutator.flows.yclients.first_password import FirstPassword
from kommutator.flows.yclients.join import Join
from kommutator.flows.yclients.leave import Leave
from kommutator.flows.yclients.lifecycle import Lifecycle
from kommutator.flows.yclients.look import Look
from kommutator.flows.yclients.messenger import TellMessenger
from kommutator.flows.yclients.reconcile import Reconcile
from kommutator.flows.yclients.register import Register
from kommutator.flows.yclients.standing import Standing
from kommutator.flows.yclients.tickets import Tickets
from kommutator.flows.yclients.vendor import Vendors


@dataclass(frozen=True, slots=True)
class YClients:
    """One per process.

    Attributes:
        vendors: the vendor's side, if this installation has a partner token.
        arrive: from the vendor's consent screen to our page.
        join: into a new enterprise, or that of who is signed in.
        activate: telling the vendor, until it has heard.
        direct: a salon by its own user's token.
        register: requirement 001's way by its API.
        leave: an administrator lets a salon go.
        lifecycle: removed, frozen, paid, as the vendor says.
        look: licence and rights.
        messenger: whether the salon's reminders may leave through us.
        reconcile: what the vendor says against what we believe.
        standing: for people.
        tickets: tokens of the marketplace pages.
        hooks: whose secret a hook brings.
    """

    vendors: Vendors
    arrive: Arrive
    join: Join
    activate: Activate
    direct: ConnectDirectly
    register: Register
    leave: Leave
    lifecycle: Lifecycle
    look: Look
    messenger: TellMessenger
    reconcile: Reconcile
    standing: Standing
    tickets: Tickets
    first_password: FirstPassword
    hooks: HookSecrets
