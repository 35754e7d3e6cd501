"""What messengers bring us. In the all-in-one process and in `kommutator api --only channels`."""

from kommutator.doors.http.app import Door
from kommutator.doors.http.channels import hooks


def add(app: Door) -> None:
    """Put the family's paths into an application."""
    app.state.chat_throttle = hooks.throttle(app.state.house)
    app.include_router(hooks.router)
