"""WhatsApp by QR: sockets held by a program beside the house, spoken to over its pipes."""
