"""The archive that amoCRM takes."""

import io
import json
import struct
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from kommutator.connectors.crm.amocrm.widget import pack_widget
from kommutator.kit.errors import InvalidInput

NODE = Path(__file__).parents[3] / "tools/node.py"
# amocrm.ru/developers, "Структура виджета": width, height, bytes at most.
SIZES = {
    "logo_main": (400, 272),
    "logo_small": (108, 108),
    "logo": (130, 100),
    "logo_medium": (240, 84),
    "logo_min": (84, 84),
    "logo_dp": (174, 109),
}


def opened(archive: bytes) -> ZipFile:
    return ZipFile(io.BytesIO(archive))


def test_it_has_what_the_vendor_demands_at_its_root() -> None:
    box = opened(pack_widget("https://calls.example.org", "1.2.3"))
    manifest = json.loads(box.read("manifest.json"))
    assert manifest["widget"]["version"] == "1.2.3"
    assert manifest["widget"]["locale"] == ["ru", "en", "uk"]
    assert [box.testzip(), "script.js" in box.namelist()] == [None, True]
    for name, size in SIZES.items():
        image = box.read(f"images/{name}.png")
        assert struct.unpack(">II", image[16:24]) == size
        assert len(image) < 300_000
    assert [name for name in box.namelist() if name.endswith(".py")] == []


def test_every_language_has_the_same_words_and_the_manifest_names_them() -> None:
    box = opened(pack_widget("https://calls.example.org"))
    texts = {lang: json.loads(box.read(f"i18n/{lang}.json")) for lang in ("ru", "en", "uk")}
    shapes = {lang: {(room, word) for room in t for word in t[room]} for lang, t in texts.items()}
    assert shapes["ru"] == shapes["en"] == shapes["uk"]
    named = json.loads(box.read("manifest.json"))["widget"]
    for key in ("name", "description", "short_description"):
        room, word = named[key].split(".")
        assert (room, word) in shapes["ru"]
    script = box.read("script.js").decode()
    for _, word in shapes["ru"]:
        assert word in script or word in {"name", "description", "short_description"}, word


def test_the_same_files_make_the_same_archive() -> None:
    assert pack_widget("https://a.example") == pack_widget("https://a.example")
    assert pack_widget("https://a.example") != pack_widget("https://b.example")


def test_an_address_cannot_become_code(tmp_path: Path) -> None:
    hostile = "https://x.example/';alert(1);'\\"
    script = tmp_path / "script.js"
    script.write_bytes(opened(pack_widget(hostile)).read("script.js"))
    done = subprocess.run(
        [sys.executable, str(NODE), "node", "--check", str(script)],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "';alert(1)" not in script.read_text().replace("\\';alert(1)", "")


@pytest.mark.parametrize(
    ("url", "version", "code"),
    [
        ("http://calls.example.org", "1.0.0", "widget_url_not_https"),
        ("", "1.0.0", "widget_url_not_https"),
        ("https://calls.example.org", "1.0", "widget_version_invalid"),
        ("https://calls.example.org", "1.0.0-beta", "widget_version_invalid"),
    ],
)
def test_what_amocrm_would_refuse_is_refused_here(url: str, version: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        pack_widget(url, version)
    assert refused.value.code == code
