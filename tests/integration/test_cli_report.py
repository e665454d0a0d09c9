"""`obec report reproduce`: what it says, and with which exit code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.cli import Settings, obec

REPORT = "report:2560-cluster:1"
TOLD: Mapping[str, Any] = {
    "programme": "2560-cluster",
    "edition": 1,
    "verdict": "same",
    "content": "same",
    "content_hash": "9f86",
    "archive": "whole",
    "renderer": "same",
    "digests": {"programme": "same"},
    "files": [{"name": "report-th.pdf", "sha256": "ab12", "made_again": "same", "archive": "whole"}],
}


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Something on this machine that answers so at the report's address; yields where."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/v1/programmes/2560-cluster/reports/1/reproduction"
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def reproduce(settings: Settings, address: str, report: str = REPORT) -> Any:
    return obec("report", "reproduce", report, "--address", address, "--token", "x", settings=settings)


@pytest.mark.parametrize(
    ("verdict", "code"), [("same", 0), ("same content, other renderer", 0), ("differs", 1)], ids=str
)
def test_the_verdict_is_said_and_only_a_difference_fails(settings: Settings, verdict: str, code: int) -> None:
    with answering(200, json.dumps({**TOLD, "verdict": verdict}).encode()) as address:
        run = reproduce(settings, address)
    assert (run.returncode, run.stderr) == (code, "")
    assert run.stdout.splitlines()[-1] == f"{verdict} (same renderer)"
    assert "report-th.pdf" in run.stdout


@pytest.mark.parametrize("report", ["nonsense", "report:2560-cluster", "report:2560-cluster:x"])
def test_a_name_of_no_report_is_said_in_one_line(settings: Settings, report: str) -> None:
    assert_one_line(reproduce(settings, "http://127.0.0.1:1", report), "names no report")


def test_an_address_where_nothing_answers_is_said_in_one_line(settings: Settings) -> None:
    assert_one_line(reproduce(settings, "http://127.0.0.1:1"), "does not answer")
    assert_one_line(reproduce(settings, "nowhere"), "does not answer")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}"])
def test_another_service_is_said_in_one_line(settings: Settings, body: bytes) -> None:
    with answering(404, body) as address:
        assert_one_line(reproduce(settings, address), "is no reporting service")


def test_a_refusal_is_said_in_one_line_with_its_code(settings: Settings) -> None:
    refusal = {"code": "report.not_found", "en": "There is no such report"}
    with answering(404, json.dumps(refusal).encode()) as address:
        assert_one_line(reproduce(settings, address), "There is no such report (report.not_found)")


def assert_one_line(run: Any, says: str) -> None:
    assert (run.returncode, run.stdout) == (1, "")
    [line] = run.stderr.splitlines()
    assert says in line
