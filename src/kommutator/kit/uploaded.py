"""Text files as people's spreadsheets save them."""

from __future__ import annotations


def uploaded_text(raw: bytes) -> str:
    """UTF-8 with or without its mark, else Windows-1251: Excel's own in our readers' countries.

    Raises:
        UnicodeDecodeError: neither.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1251")
