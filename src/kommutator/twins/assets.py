"""Files of the pages people look at: a twin's own, and those all twins share."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable

from aiohttp import web

SHARED = files("kommutator.twins") / "pages"
SHARED_FILES = frozenset({"dom.js", "style.css"})
CONTENT_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}


class Pages:
    """The page files of one twin: `names` in `folder`, and the shared ones."""

    def __init__(self, folder: Traversable, names: frozenset[str]) -> None:
        self._folder = folder
        self._names = names

    async def asset(self, request: web.Request) -> web.Response:
        """`/_twin/page/{file}`; 404 for a file that is not meant for browsers."""
        name = request.match_info["file"]
        if name in SHARED_FILES:
            return _text(SHARED / name, name)
        if name not in self._names:
            raise web.HTTPNotFound
        return _text(self._folder / name, name)

    def page(self, name: str, policy: str) -> web.Response:
        """A whole HTML page under a Content-Security-Policy."""
        return web.Response(
            text=(self._folder / name).read_text("utf-8"),
            content_type="text/html",
            headers={"Content-Security-Policy": policy},
        )


def _text(file: Traversable, name: str) -> web.Response:
    kind = CONTENT_TYPES["." + name.rpartition(".")[2]]
    text = file.read_text("utf-8")
    return web.Response(text=text, content_type=kind, headers={"Cache-Control": "no-cache"})
