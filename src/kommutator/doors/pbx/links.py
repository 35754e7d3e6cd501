"""The links that this process holds, by connection."""

from __future__ import annotations

from uuid import UUID

from kommutator.connectors.pbx.asterisk.ami import AmiLink
from kommutator.connectors.pbx.asterisk.ssh import SshLink


class Links:
    """Filled by the lane runner, read by the deliveries."""

    def __init__(self) -> None:
        self._links: dict[UUID, AmiLink | SshLink] = {}

    def put(self, connection_id: UUID, link: AmiLink | SshLink) -> None:
        self._links[connection_id] = link

    def drop(self, connection_id: UUID, link: AmiLink | SshLink) -> None:
        """Forget this link; a newer one under the same id stays."""
        if self._links.get(connection_id) is link:
            del self._links[connection_id]

    def link_of(self, connection_id: UUID) -> AmiLink | None:
        """The AMI link if it is up now."""
        link = self._links.get(connection_id)
        return link if isinstance(link, AmiLink) and link.up else None

    def ssh_link_of(self, connection_id: UUID) -> SshLink | None:
        """The SSH link if it is up now."""
        link = self._links.get(connection_id)
        return link if isinstance(link, SshLink) and link.up else None

    def up_count(self) -> int:
        """How many PBXs are reachable right now; for the metrics."""
        return sum(link.up for link in self._links.values())
