"""Each PBX gets its commands by the link that its connection chose."""

from __future__ import annotations

from collections.abc import Sequence

from kommutator.connectors.pbx.asterisk.delivery import AsteriskDelivery
from kommutator.connectors.pbx.asterisk.ssh_delivery import SshDelivery
from kommutator.domain.commands import Command
from kommutator.domain.connection import Account, ConnectionKind, by_ssh
from kommutator.domain.outcome import Budget, Outcome, Patience
from kommutator.domain.ports import Delivery, Due


class DeliveryByLink:
    """Implements the `Delivery` port: AMI or SSH, by `config["link"]`."""

    kind = ConnectionKind.ASTERISK

    def __init__(self, ami: AsteriskDelivery, ssh: SshDelivery) -> None:
        self._ami = ami
        self._ssh = ssh

    def concurrency(self, account: Account) -> int:
        return self._way(account).concurrency(account)

    def patience(self, command: Command) -> Patience:
        """The same either way: whoever waits does not care how the PBX is reached."""
        return self._ami.patience(command)

    def budgets(self, account: Account, command: Command) -> Sequence[Budget]:
        return self._way(account).budgets(account, command)

    def batch_limit(self, command: Command) -> int:
        return self._ami.batch_limit(command)

    async def deliver(self, account: Account, batch: Sequence[Due]) -> Sequence[Outcome]:
        return await self._way(account).deliver(account, batch)

    def _way(self, account: Account) -> Delivery:
        return self._ssh if by_ssh(account) else self._ami
