"""Recordings that Asterisk keeps below `spool/recording`, by its ARI.

`GET /ari/recordings/stored/<name>/file` answers the file byte by byte (Asterisk 14 and newer),
`DELETE /ari/recordings/stored/<name>` 204. The name has no ending. Measured on 16 and 22.
"""

from __future__ import annotations

import base64
from urllib.parse import quote

from kommutator.domain.connection import Account
from kommutator.domain.recordings import RecordingSource


class StoredRecordings:
    """The connection's `recordings` say whether and where: `{"pull": "ari", "ari_url": …}`."""

    def source(self, account: Account, name: str) -> RecordingSource | None:
        """None unless the connection says "ari" and has an address and credentials."""
        chosen = account.config.get("recordings") or {}
        base = str(chosen.get("ari_url") or "").rstrip("/")
        user, password = account.secrets.get("ari_user"), account.secrets.get("ari_password")
        if chosen.get("pull") != "ari" or not base or not user or not password:
            return None
        stored = f"{base}/recordings/stored/{quote(name, safe='')}"
        return RecordingSource(
            url=f"{stored}/file",
            host=account.host,
            headers={"Authorization": _basic(user, password)},
            delete=stored if chosen.get("delete") else None,
        )


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"
