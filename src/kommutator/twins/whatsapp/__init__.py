"""A fake WhatsApp: its server by Noise and Signal, the people and the phones behind it."""

from kommutator.twins.whatsapp.hands import Hands, HandsRefused
from kommutator.twins.whatsapp.twin import WhatsAppTwin

__all__ = ["Hands", "HandsRefused", "WhatsAppTwin"]
