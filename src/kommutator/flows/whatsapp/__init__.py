"""Phones linked by QR: wanted, linked, let go; their keys; what their sessions go through."""
