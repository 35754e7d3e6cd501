"""A fake Telegram: the Bot API as far as bots that notify and talk need it."""

from kommutator.twins.telegram.twin import TelegramTwin

__all__ = ["TelegramTwin"]
