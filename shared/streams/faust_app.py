"""The stream library, Faust, set up as everything here uses it: what was read is kept by the agents, not by Faust."""

from __future__ import annotations

import logging
from typing import Any

import faust

from shared.streams.broker import Broker


def faust_app(name: str, broker: Broker) -> faust.App:
    """An application that hands over raw bytes at least once, keeps no tables, opens no port, and says little.

    ``name`` is its consumer group.
    """
    for library in ("faust", "mode", "aiokafka"):
        logging.getLogger(library).setLevel(logging.WARNING)
    app = faust.App(
        name,
        broker="kafka://" + broker.servers.replace(",", ";"),
        broker_credentials=_credentials(broker),
        key_serializer="raw",
        value_serializer="raw",
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        processing_guarantee="at_least_once",
        stream_wait_empty=False,
        broker_commit_interval=1.0,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=1.0,
    )
    # It makes folders for tables, in whatever folder it is started in; there are no tables.
    app._create_directories = lambda: None
    return app


def _credentials(broker: Broker) -> Any:
    """What Faust tells the broker of who it is; None where nobody asks."""
    if broker.secured:
        return faust.SASLCredentials(
            username=broker.username, password=broker.password, mechanism=broker.mechanism, ssl_context=broker.tls()
        )
    return faust.SSLCredentials(broker.tls()) if broker.tls() is not None else None
