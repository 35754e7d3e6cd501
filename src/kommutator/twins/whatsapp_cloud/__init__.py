"""A fake of Meta's WhatsApp Cloud API: the Graph API's paths and webhooks, as far as talks need."""

from kommutator.twins.whatsapp_cloud.twin import WhatsAppCloudTwin

__all__ = ["WhatsAppCloudTwin"]
