"""The report's PDFs are PDF/A-2a and PDF/UA-1, by the word of veraPDF; and veraPDF does tell a spoilt one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deploy.local.kafka import SHORT_LIVED, java, resolve_class_path
from services.reporting.documents.outline import outlined
from services.reporting.documents.rendering import pdf_of
from tests.servers import FOLDER
from tests.unit.reporting.made_up import made_up, only_begun

POM = Path(__file__).parents[2] / "verapdf" / "pom.xml"
FLAVOURS = ("2a", "ua1")
ONE_COLLECTOR = "-XX:+UseSerialGC"
"""Several threads that look for garbage take a sixth more of the processors' time, which other tests want."""
SPOILT: dict[str, tuple[bytes, bytes]] = {
    "2a": (b"/MarkInfo", b"/MarkInfx"),
    "ua1": (b"/DisplayDocTitle true", b"/DisplayDocTitlx true"),
}
"""What of a file to spoil, byte for byte as long, so that only the standard's rule is broken."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PDFs of both editions, and copies of a short one, each spoilt for one of the standards."""
    made = tmp_path_factory.mktemp("documents")
    content = made_up()
    for language in ("th", "en"):
        (made / f"report-{language}.pdf").write_bytes(pdf_of(outlined(content, language)))
    whole = pdf_of(outlined(only_begun(), "en"))
    (made / "short.pdf").write_bytes(whole)
    for flavour, (good, bad) in SPOILT.items():
        assert whole.count(good) == 1
        (made / f"spoilt-{flavour}.pdf").write_bytes(whole.replace(good, bad))
    return made


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_both_editions_hold_to_the_standard_and_a_spoilt_copy_does_not(folder: Path, flavour: str) -> None:
    names = ("report-th.pdf", "report-en.pdf", "short.pdf", f"spoilt-{flavour}.pdf")
    assert verdicts(flavour, [folder / name for name in names]) == ["PASS", "PASS", "PASS", "FAIL"]


def verdicts(flavour: str, documents: list[Path]) -> list[str]:
    """What veraPDF finds of each document, ``PASS`` or ``FAIL``."""
    path = resolve_class_path(FOLDER / "cache", POM)
    program = [java(), *SHORT_LIVED, ONE_COLLECTOR, "-cp", path, "org.verapdf.apps.GreenfieldCliWrapper"]
    command = [*program, "--flavour", flavour, "--format", "text", *map(str, documents)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    lines = (line.split(" ") for line in run.stdout.splitlines())
    found = {document: verdict for verdict, document, *_more in lines}
    return [found.get(str(document), run.stderr) for document in documents]
