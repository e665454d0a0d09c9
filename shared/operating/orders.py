"""Whether two operators have ordered what one of them has a service do: committee's audit says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi import Request

from shared.contracts import Rejected, require

ACTION = "erase"
STANDS = timedelta(minutes=10)
"""For so long an order may be carried out; asking every service takes a minute."""
PATIENCE_SECONDS = 10.0


def patient_client() -> httpx.AsyncClient:
    """Asks committee."""
    return httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS)


class Orders:
    """Erasures that two operators ordered. ``url``: where committee answers."""

    def __init__(self, url: str, client: Callable[[], httpx.AsyncClient] = patient_client) -> None:
        self._url, self._client = url, client

    async def require(self, request: Request, order: int | None) -> None:
        """Nothing, if the line ``order`` of committee's audit is an erasure that was seconded lately.

        Committee is asked in the operator's own name. Raises Rejected ``ops.not_ordered``, ``ops.order_unknown``.
        """
        line = None if order is None else await self._line(request, order)
        require(line is not None and _stands(line), "ops.not_ordered", minutes=int(STANDS.total_seconds() // 60))

    async def _line(self, request: Request, order: int) -> Mapping[str, Any] | None:
        headers = {"Authorization": request.headers["authorization"]}
        try:
            async with self._client() as client:
                asked = {"before": str(order + 1), "limit": "1"}
                answer = await client.get(f"{self._url}/v1/ops/audit", params=asked, headers=headers)
                lines = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise Rejected("ops.order_unknown") from error
        return next((each for each in lines if each["id"] == order), None)


def _stands(line: Mapping[str, Any]) -> bool:
    """Whether it is such an order, and not one of long ago."""
    age = datetime.now(UTC) - datetime.fromisoformat(line["at"])
    return line["action"] == ACTION and line["seconded_by"] is not None and age <= STANDS
