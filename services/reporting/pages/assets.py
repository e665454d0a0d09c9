"""Style sheet, script, icon and fonts under an address that holds their hash, so that browsers keep them for ever."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from services.reporting.pages.fonts import lightened, unicode_range
from shared.packages import npm_package

FOLDER = "/assets"
FOR_EVER = "public, max-age=31536000, immutable"
_FONTS = {
    "sarabun-regular.ttf": "400Regular/Sarabun_400Regular.ttf",
    "sarabun-semibold.ttf": "600SemiBold/Sarabun_600SemiBold.ttf",
}
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent."""

    media_type: str
    plain: bytes
    zipped: bytes


@dataclass(frozen=True, slots=True)
class Assets:
    """All files, and the hash over them."""

    build: str
    by_name: Mapping[str, Asset]

    def address(self, name: str) -> str:
        """Where a file is served. Raises KeyError when there is none of that name."""
        self.by_name[name]
        return f"{FOLDER}/{self.build}/{name}"

    def answer(self, request: Request) -> Response:
        """The file that ``build`` and ``name`` in the address ask for; under another build's hash it is not kept."""
        asset = self.by_name.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        kept = FOR_EVER if request.path_params["build"] == self.build else "no-cache"
        headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
        if takes_gzip(request):
            return Response(asset.zipped, 200, {**headers, "Content-Encoding": "gzip"}, asset.media_type)
        return Response(asset.plain, 200, headers, asset.media_type)


def takes_gzip(request: Request) -> bool:
    """Whether the client unpacks gzip."""
    return "gzip" in request.headers.get("accept-encoding", "")


@cache
def assets() -> Assets:
    """The files of this build. Raises FileNotFoundError when set-up did not bring the font."""
    found = {name: _asset(name, content) for name, content in _contents()}
    whole = hashlib.sha256()
    for each in _everything(Path(str(files("services.reporting.pages")))):
        whole.update(each.read_bytes())
    for asset in found.values():
        whole.update(asset.plain)
    return Assets(whole.hexdigest()[:16], found)


def _everything(folder: Path) -> list[Path]:
    """Whatever makes a page look as it does."""
    return sorted(path for path in folder.parent.rglob("*") if path.suffix in {".py", ".html", ".po"})


def _contents() -> Iterator[tuple[str, bytes]]:
    static = files("services.reporting.pages") / "static"
    for each in sorted(static.iterdir(), key=lambda file: file.name):
        yield each.name, each.read_bytes().replace(b"$SHOWN", unicode_range().encode())
    for name, path in _FONTS.items():
        yield name, lightened((npm_package("@expo-google-fonts/sarabun") / path).read_bytes())


def _asset(name: str, content: bytes) -> Asset:
    return Asset(_MEDIA_TYPES[Path(name).suffix], content, gzip.compress(content, 9, mtime=0))
