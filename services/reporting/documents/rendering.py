"""The files of a report, rendered from its content: the same content gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import platform
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import typst

from services.reporting.documents.cells import LANGUAGES
from services.reporting.documents.content import VERSION, Content
from services.reporting.documents.fonts import embedded, font_files, printable
from services.reporting.documents.outline import outlined
from services.reporting.documents.workbook import workbook_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF_STANDARDS = ("a-2a", "ua-1")
PROGRAMS = ("typst", "jinja2", "xlsxwriter", "babel")
PACKAGES = ("services.reporting.documents", "services.reporting.pictures", "shared.thai")
"""Of these, every file goes into the renderer's digest."""
_HERE = "services.reporting.documents"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a report."""

    name: str
    media_type: str
    body: bytes


def render(content: Content) -> dict[str, File]:
    """``report-th.pdf``, ``report-en.pdf``, ``report-th.html``, ``report-en.html``, ``report.xlsx``, by name."""
    made = [File("report.xlsx", XLSX, workbook_of(content))]
    for language in LANGUAGES:
        document = outlined(content, language)
        made.append(File(f"report-{language}.pdf", "application/pdf", pdf_of(document)))
        made.append(File(f"report-{language}.html", "text/html; charset=utf-8", html_of(document)))
    return {file.name: file for file in made}


def pdf_of(document: Mapping[str, Any]) -> bytes:
    """PDF/A-2a and PDF/UA-1; dated by the figures, not by the clock, or it would differ each time."""
    settings = {**_settings(document), "format": "pdf", "pdf_standards": list(PDF_STANDARDS)}
    made: bytes = _compile(_TEMPLATE.encode(), **settings)
    return made


def pictures_of(document: Mapping[str, Any], dots_per_inch: float = 60) -> list[bytes]:
    """The pages of the PDF as PNG, to be looked at."""
    made = _compile(_TEMPLATE.encode(), **_settings(document), format="png", ppi=dots_per_inch)
    return made if isinstance(made, list) else [made]


def html_of(document: Mapping[str, Any]) -> bytes:
    """One page that links to nothing."""
    return _html().render({**document, "fonts": embedded()}).encode()


@cache
def renderer_digest() -> str:
    """sha256, in hex, over everything besides the content that the bytes depend on."""
    digest = hashlib.sha256()
    known = {name: version(name) for name in PROGRAMS}
    # Workbooks are packed by the machine's own library, which comes with neither Python nor a package.
    known["zlib"] = zlib.ZLIB_RUNTIME_VERSION
    digest.update(json.dumps({"content": VERSION, "python": platform.python_version(), **known}).encode())
    for path in [*_sources(), *font_files()]:
        digest.update(f"{path.name}:{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _settings(document: Mapping[str, Any]) -> dict[str, Any]:
    at = datetime.fromisoformat(document["at"])
    made = {name: getattr(at, name) for name in ("year", "month", "day", "hour", "minute", "second")}
    return {
        "font_paths": [str(path.parent) for path in font_files()],
        "ignore_system_fonts": True,
        "sys_inputs": {"document": json.dumps({**printable(document), "made": made}, ensure_ascii=False)},
        "timestamp": int(at.timestamp()),
    }


def _sources() -> list[Path]:
    """Programs, templates and lists, in an order that no file system decides."""
    found = [path for package in PACKAGES for path in Path(str(files(package))).iterdir()]
    return sorted((path for path in found if path.is_file()), key=lambda path: (path.parent.name, path.name))


_compile: Callable[..., Any] = typst.compile
_TEMPLATE = (files(_HERE) / "report.typ").read_text("utf-8")


@cache
def _html() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=False)
    return environment.from_string((files(_HERE) / "report.html").read_text("utf-8"))
