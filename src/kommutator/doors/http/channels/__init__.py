"""What messengers bring us; the API of messengers, chats, notices, unasked messages, reminders.

In the all-in-one process and in `kommutator api --only channels`.
"""

from kommutator.doors.http.app import Door
from kommutator.doors.http.channels import accounts, hooks, notices, whatsapp
from kommutator.doors.http.chats import chats, settings
from kommutator.doors.http.outreach import consents, messages
from kommutator.doors.http.reminders import reminders


def add(app: Door) -> None:
    """Put the family's paths into an application."""
    app.state.chat_throttle = hooks.throttle(app.state.house)
    for part in (hooks, accounts, whatsapp, chats, settings, notices):
        app.include_router(part.router)
    for part in (messages, consents, reminders):
        app.include_router(part.router)
