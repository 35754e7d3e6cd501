"""WhatsApp by Meta's official Cloud API: plain HTTP, messages and webhooks."""
