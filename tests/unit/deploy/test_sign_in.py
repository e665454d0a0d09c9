"""Where a stack has people sign in to the pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.given import Given
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from deploy.local.topics import SERVICES


@pytest.mark.parametrize(
    ("settings", "sign_in"),
    [({}, "http://127.0.0.1:8490"), ({"OBEC_ISSUERS": "[]"}, None)],
)
def test_a_stack_that_runs_an_issuer_has_people_sign_in_there(
    tmp_path: Path, settings: dict[str, str], sign_in: str | None
) -> None:
    dsns = {(service, role): "postgresql://db" for service in SERVICES for role in ("owner", "app")}
    stack = Stack(tmp_path, Ports(), given=Given(dsns=dsns), settings=settings)
    assert stack.environment().get("OBEC_SIGN_IN") == sign_in
