"""Processes of the committee service: ``python -m services.committee migrate|api``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from shared.starting import start

if TYPE_CHECKING:
    from shared.settings import Settings


async def api(settings: Settings, stop: asyncio.Event) -> None:
    """Serve HTTP and relay the events."""
    from services.committee import facts, http, persons
    from services.committee.credentials import Credentials
    from services.committee.erasure import Erasures
    from services.committee.provisioning import Provisioner
    from shared.ingress.register import Register
    from shared.service import Parts, serve_store
    from shared.streams.access import Access
    from shared.streams.topics import Topics
    from shared.web.auth import authorise

    broker = settings.broker
    secured = broker is not None and broker.secured
    provisioner = Provisioner(Access(broker), Topics(settings.topic_prefix)) if broker and secured else None
    parts = Parts(
        http.COLLECTIONS,
        http.LEARNED,
        lambda store: [persons.router(lambda: store.pool, authorise, persons.officers_or_itself(Register(store)))],
        Credentials(provisioner).add_to,
        facts.FACTS,
        (lambda store: [provisioner.running(store)]) if provisioner else (lambda _store: ()),
        operating=lambda api, operators, store: Erasures(
            store, operators, {each: settings.url(each) for each in ("activity", "evaluation", "reporting")}
        ).add_to(api),
    )
    await serve_store("committee", parts, settings, stop)


if __name__ == "__main__":
    start("committee", {"api": api})
