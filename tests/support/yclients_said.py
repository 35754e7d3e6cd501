"""What the address says to which YClients sent a browser."""

from urllib.parse import parse_qsl, urlsplit

from kommutator.doors.http.yclients.asked import read_said
from kommutator.flows.yclients.arrive import Said


def said_of(location: str) -> Said:
    return read_said(parse_qsl(urlsplit(location).query))
