"""WhatsApp by QR: one phone linked as a device of ours. Facts and decisions, no I/O."""
