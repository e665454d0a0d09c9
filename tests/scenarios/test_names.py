"""No person's name is anywhere but in the register, and there not after it was erased (PDPA B.E. 2562, s. 33)."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from demo import example
from demo.client import Offices
from deploy.local.postgres import program
from deploy.local.topics import SERVICES
from tests.oracle_check import read_topic
from tests.scenarios.product import Product
from tests.scenarios.year import AT_THE_END, Lived

NAME = "บุคคลตัวอย่าง"
"""How the names begin that the demonstration registers."""
REGISTER = "persons"


def test_the_register_knows_the_names(year: Lived) -> None:
    register = dump(year.product, "committee", f"--table={REGISTER}")
    assert register.count(NAME) >= 19 * len(example.SEATS) + 1


@pytest.mark.parametrize("service", SERVICES)
def test_no_name_is_in_a_database_but_the_register(year: Lived, service: str) -> None:
    everything = dump(year.product, service, f"--exclude-table-data={REGISTER}")
    assert len(everything) > 10_000
    assert NAME not in everything


async def test_no_name_is_in_a_topic(year: Lived) -> None:
    product = year.product
    for store in ("committee", "activity", "evaluation"):
        for record in await read_topic(product.names.broker, product.topics[store]):
            assert NAME.encode() not in (record.value or b"") + b"".join(text for _, text in record.headers)


def test_no_name_is_in_a_log(year: Lived) -> None:
    logs = dict(log_texts(year.product))
    assert len(logs) >= 8
    assert [name for name, text in logs.items() if NAME in text] == []


def test_no_name_is_in_an_answer_of_reporting(year: Lived) -> None:
    assert [path for path in AT_THE_END if NAME in str(year.ended[path])] == []


def test_events_name_a_member_by_the_id_the_register_gave(year: Lived) -> None:
    committee = next(each for each in year.ended["committees"]["committees"] if each["region"] == "R07")
    assert [each["person_id"] for each in committee["members"] if each["person_id"]] == [
        each["person_id"] for each in year.year.members["R07"] if "person_id" in each
    ]


async def test_an_erased_person_is_known_by_nobody_and_the_events_still_stand(year: Lived) -> None:
    product, name = year.product, f"{NAME} {secrets.token_hex(8)}"
    async with product.offices() as offices:
        person = await offices.person(f"leaving-{secrets.token_hex(4)}", name)
        assert name in dump(product, "committee")

        assert (await call(offices, "DELETE", f"/v1/persons/{person}", "officer")).status_code == 204

        (known,) = (await call(offices, "GET", f"/v1/persons?ids={person}", "reader")).json()["persons"]
    assert known == {"person_id": person, "display_name": None, "erased": True}
    assert name not in dump(product, "committee")
    assert [log for log, text in log_texts(product) if name in text] == []


async def call(offices: Offices, method: str, path: str, user: str) -> httpx.Response:
    """Ask the register as one of the users."""
    headers = {"Authorization": f"Bearer {offices._tokens[user]}"}
    async with httpx.AsyncClient(base_url=offices.addresses["committee"], trust_env=False) as client:
        return await client.request(method, path, headers=headers)


def dump(product: Product, service: str, *options: str) -> str:
    """A service's database as text, everything or what the options say."""
    made = product.databases[service].admin_dsn
    run = subprocess.run([program("pg_dump"), *options, made], capture_output=True, text=True, check=True)
    return run.stdout


def log_texts(product: Product) -> Iterator[tuple[str, str]]:
    """What every process has said, by the log's name."""
    for log in product.logs.iterdir():
        yield log.name, log.read_text("utf-8", "replace")
