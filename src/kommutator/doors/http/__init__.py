"""The HTTP door: the API, the hot way in for events, health."""
