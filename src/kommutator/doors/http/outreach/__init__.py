"""The API of messages nobody asked for: rules, log, kill switch, consents."""
