"""The door to WhatsApp: lanes that hold open lines."""
