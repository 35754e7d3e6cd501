"""What messengers bring us, and the API of messengers and notices.

In the all-in-one process and in `kommutator api --only channels`.
"""

from kommutator.doors.http.app import Door
from kommutator.doors.http.channels import accounts, hooks, notices


def add(app: Door) -> None:
    """Put the family's paths into an application."""
    app.state.chat_throttle = hooks.throttle(app.state.house)
    for part in (hooks, accounts, notices):
        app.include_router(part.router)
