"""Messages nobody asked for: when, where and whether they may be sent. Pure."""
