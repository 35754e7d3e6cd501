"""Facts about WhatsApp by QR, as data.

Sources: the library's own code (Baileys 7.0.0-rc14), and measurements against a fake WhatsApp.
"""

from __future__ import annotations

from typing import Final

ENTRY: Final = "whatsapp/main.mjs"
LIBRARY: Final = "node_modules/baileys/package.json"
NODE_OPTIONS: Final = ("--max-semi-space-size=4",)
"""Many small sockets want no large nursery: 104 MB instead of 142 with one session (measured)."""

LONGEST_LINE: Final = 32 << 20  # bytes; the longest real one, 812 pre-keys, is 150 kB
READY_S: Final = 20.0  # from start to the bridge's first line; 0.5 s on a quiet machine
STEADY_S: Final = 60.0  # a bridge that lived so long did not die of starting
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0

COMMAND_S: Final = 30.0
SEND_S: Final = 60.0  # who has which device may have to be asked first; then 20 s for the ack
PAIRING_S: Final = 45.0  # the server offers codes first
CLOSE_S: Final = 10.0
