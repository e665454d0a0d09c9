"""`obec persons erase`: the certificate of an erasure on a terminal, by one operator and by two."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from obec import output
from services.committee import erasure
from tests.answering import answering
from tests.cli import Said, said_in_this_process
from tests.conftest import NewDatabase
from tests.integration.committee.house import NAME, OTHER, House, open_house

WHY = ("--reason", "คำขอตามมาตรา 33")


@dataclass
class Terminal:
    """Where an operator types, and the services that are asked."""

    house: House
    address: str
    home: Path

    async def erase(self, *words: str, by: str = "usr-one") -> Said:
        """What the command says to an operator."""
        return await self.types("persons", "erase", self.house.person, *words, by=by)

    async def types(self, *words: str, by: str) -> Said:
        """What any command says."""
        token = self.house.issuer.token(["operator"], subject=by)
        settings = {**os.environ, "OBEC_COMMITTEE_URL": self.address, "OBEC_TOKEN": token, "OBEC_HOME": str(self.home)}
        return await said_in_this_process(*words, **settings)


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables break no line: the console took its width from the environment when it was imported."""
    monkeypatch.setattr(output.console, "width", 400)


@pytest.fixture(params=[False])
async def terminal(database: NewDatabase, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Terminal]:
    logs = tmp_path / "local" / "log"
    logs.mkdir(parents=True)
    (logs / "committee-api.log").write_text("no name\n", "utf-8")
    async with (
        open_house(database, two_person=request.param) as house,
        answering(house.committee) as address,
    ):
        yield Terminal(house, address, tmp_path)


async def test_an_erasure_is_shown_place_by_place_and_its_certificate_is_kept(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    asked = httpx.request

    def timed(*given: Any, timeout: float, **more: Any) -> httpx.Response:
        waits.append(timeout)
        return asked(*given, timeout=timeout, **more)

    monkeypatch.setattr(httpx, "request", timed)
    backup = tmp_path / "backups" / "monday"
    backup.mkdir(parents=True)
    (backup / "manifest.json").write_text("{}", "utf-8")
    certificate = tmp_path / "certificate.json"
    words = (
        *WHY,
        "--yes",
        terminal.house.person,
        "--name",
        NAME,
        "--backups",
        str(backup.parent),
        "--out",
        str(certificate),
    )
    said = await terminal.erase(*words)
    assert (said.code, said.err) == (0, "")
    for row in (
        ("committee", "person register"),
        ("activity", "kept originals and quarantine"),
        ("this machine", "log files"),
    ):
        assert any(all(word in line for word in row) for line in said.out.splitlines()), row
    assert f"holds what it held until it is deleted: {backup}" in said.out
    assert "complete; pages show" in said.out
    kept = json.loads(certificate.read_text("utf-8"))
    assert (kept["complete"], kept["logs"]) == (True, {"checked": 1, "found": []})
    assert NAME not in said.out + str(kept)
    assert waits[0] > 2 * erasure.PATIENCE_SECONDS, "committee may still be searching, or waiting for another service"


async def test_a_name_in_a_log_of_this_machine_keeps_it_from_being_complete(terminal: Terminal) -> None:
    log = terminal.home / "local" / "log" / "committee-api.log"
    log.write_text(f"called {NAME}\n", "utf-8")
    said = await terminal.erase(*WHY, "--yes", terminal.house.person, "--name", f"{NAME} ", "--json")
    assert said.code == 1
    told = json.loads(said.out)
    assert (told["complete"], told["logs"]["found"]) == (False, [log.name])


@pytest.mark.parametrize("terminal", [True], indirect=True)
async def test_a_second_operator_has_it_done_and_gets_the_certificate(terminal: Terminal) -> None:
    person = terminal.house.person
    proposed = await terminal.erase(*WHY, "--yes", person, "--name", OTHER)
    assert (proposed.code, proposed.out.partition(": proposal ")[0]) == (0, "waits for a second operator"), proposed
    second = ("--second", proposed.out.split()[-1], "--yes", person)
    for by, words, says in (
        ("usr-one", ("--name", OTHER), "another operator must"),
        ("usr-two", (), "person.other_names"),
    ):
        refused = await terminal.erase(*second, *words, by=by)
        assert (refused.code, refused.out) == (1, "")
        assert says in refused.err
    done = await terminal.erase(*second, "--name", OTHER, by="usr-two")
    assert (done.code, done.err) == (0, "")
    assert "complete; pages show" in done.out
    assert await terminal.house.kept("activity") == 0


@pytest.mark.parametrize("terminal", [True], indirect=True)
async def test_an_erasure_seconded_as_any_other_proposal_tells_its_certificate_too(terminal: Terminal) -> None:
    person = terminal.house.person
    proposed = await terminal.erase(*WHY, "--yes", person)
    await terminal.house.stores["activity"].pool.close()
    second = ("ops", "second", "committee", proposed.out.split()[-1], "--yes", person)
    done = await terminal.types(*second, by="usr-two")
    assert (done.code, done.err) == (1, "")
    assert "the certificate is not complete" in done.out
    assert json.loads(done.out[done.out.index("{") :])["silent"] == ["activity"]


async def test_what_is_wrong_is_one_line_and_nobody_is_erased(terminal: Terminal) -> None:
    person = terminal.house.person
    for words, says in (
        ((*WHY,), "confirm it: --yes"),
        ((*WHY, "--yes", "x"), "typing"),
        (("--yes", person), "reason"),
        ((*WHY, "--yes", person, "--name", "ก"), "at least 3"),
        (("--second", "x", "--yes", person), "proposal"),
        ((*WHY, "--yes", person, "--backups", "/nowhere"), "there is no folder /nowhere"),
        ((*WHY, "--yes", person, "--out", "/nowhere/certificate.json"), "no place for a file"),
        ((*WHY, "--yes", person, "--out", str(terminal.home)), "no place for a file"),
    ):
        said = await terminal.erase(*words)
        assert (said.code, said.out) == (1, ""), words
        [line] = said.err.splitlines()
        assert says in line, line
    assert await terminal.house.kept("activity") == 2
