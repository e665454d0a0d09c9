"""What docs/publishing.md prints is run as it is printed, one after the other, by somebody who has only the page."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from demo.client import Offices
from deploy.local.supervisor import ROOT
from shared.contracts.types import BANGKOK
from tests.faults.process import clean_environment
from tests.scenarios.product import Product, running_product
from tests.servers import Servers

PAGE = ROOT / "docs" / "publishing.md"
BLOCK = re.compile(r"```(bash|python)\n(.*?)```", re.DOTALL)
BLOCKS = BLOCK.findall(PAGE.read_text("utf-8"))
HAND_OVER = 'export -p > "$STATE"; declare -p C OFFICER ${!KAFKA_*} >> "$STATE"\n'
"""One shell after the other stands for the one that the reader has."""

UNASKED = ("reporting-api", "reporting-projector", "activity-reactions", "evaluation-reactions")
"""The page speaks to the doors of the services that write."""

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def product(servers: Servers) -> Iterator[Product]:
    with running_product(servers, "snippets", without=UNASKED) as made:
        yield made


@pytest.fixture(scope="module")
def answers(product: Product, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each snippet says, in the order of the page; and at last the variables of the reader's shell."""

    async def it_is_the_end_of_the_year() -> None:
        async with Offices(product.addresses) as offices:
            await offices.set_clock(datetime(2017, 9, 30, tzinfo=BANGKOK))

    asyncio.run(it_is_the_end_of_the_year())
    state = tmp_path_factory.mktemp("snippets") / "state"
    state.touch()
    ports = {f"OBEC_{name.upper()}_PORT": str(getattr(product.ports, name)) for name in ("committee", "issuer")}
    environment = {**clean_environment(), **ports, "STATE": str(state), "TMPDIR": str(state.parent)}
    return [*(run(kind, text, environment, state) for kind, text in BLOCKS), state.read_text("utf-8")]


def run(kind: str, text: str, environment: Mapping[str, str], state: Path) -> str:
    """Run a snippet in the project's folder. Raises AssertionError when it fails."""
    python = f'cat > "$STATE.py" <<\'SNIPPET\'\n{text}SNIPPET\n.venv/bin/python "$STATE.py"\n'
    script = f'source "$STATE"\nset -euo pipefail\n{python if kind == "python" else text + HAND_OVER}'
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_page_shows_curl_python_and_the_console_producer() -> None:
    texts = [text for _, text in BLOCKS]
    assert [kind for kind, _ in BLOCKS].count("python") == 1
    assert any("/v1/events" in text and "curl" in text for text in texts)
    assert any("kafka-console-producer.sh" in text for text in texts)


def test_the_first_event_by_curl_is_accepted(answers: list[str]) -> None:
    assert '"outcome":"accepted"' in answers[1]
    assert '"stream":"committee:2560-cluster:R07:1"' in answers[1]


def test_an_event_by_python_is_accepted(answers: list[str]) -> None:
    assert answers[2] == "accepted\n"


def test_an_event_by_the_console_producer_is_accepted(answers: list[str]) -> None:
    assert '"id":"p-3"' in answers[3]
    assert '"outcome":"accepted"' in answers[3]


@pytest.mark.usefixtures("answers")
def test_nothing_is_left_in_the_project() -> None:
    changed = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True).stdout
    assert "client.properties" not in changed
    assert "user.json" not in changed


def test_no_credential_is_in_a_log(product: Product, answers: list[str]) -> None:
    """Those that the page has made: an API key, and the password of a Kafka user."""
    shell = answers[-1]
    secrets = [re.search(pattern, shell) for pattern in (r'KEY="(obec_[^"]{40,})"', r'KAFKA_PASSWORD="?([\w-]{40,})')]
    assert all(secrets), "the page's shell has both"
    for log in product.logs.iterdir():
        text = log.read_text("utf-8", "replace")
        assert not [each for each in secrets if each and each[1] in text], log.name
