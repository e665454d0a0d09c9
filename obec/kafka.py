"""``obec kafka users``: the services' users and rights on a broker that was given."""

from __future__ import annotations

import asyncio
import os
import secrets

import typer

from deploy.local.errors import StackError
from deploy.local.given import Given
from deploy.local.rights import grant_services, put_users
from deploy.local.topics import SERVICES, create_topics, user_of
from obec.output import console, fail

app = typer.Typer(help="Topics, users and rights on a broker of one's own.")


@app.callback()
def kafka() -> None:
    """Topics, users and rights on a broker of one's own."""


@app.command()
def users() -> None:
    """Make the topics, a user for each service and its rights; print the passwords, which are shown once.

    On KAFKA_BOOTSTRAP_SERVERS, as a user that may alter the cluster (KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD). Run
    again, it gives the users other passwords.
    """
    prefix = os.environ.get("OBEC_TOPIC_PREFIX", "")
    passwords = {user_of(service): secrets.token_hex(32) for service in SERVICES}
    try:
        given = Given(Given.of_environment(os.environ).broker)
        broker = given.broker
        if broker is None or not broker.secured:
            raise StackError("which broker, and as whom? set KAFKA_BOOTSTRAP_SERVERS and KAFKA_SECURITY_PROTOCOL")
        given.require_reachable()
        shards, replication = (int(os.environ.get(name, "1")) for name in ("OBEC_SHARDS", "OBEC_REPLICATION"))
        asyncio.run(create_topics(broker, prefix, shards, replication))
        asyncio.run(grant_services(broker, prefix))
        asyncio.run(put_users(broker, passwords))  # last: from then on the old ones are good no more
    except (StackError, ValueError) as error:
        raise fail(str(error)) from error
    for user, password in passwords.items():
        console.print(f"KAFKA_SASL_USERNAME={user} KAFKA_SASL_PASSWORD={password}", highlight=False, soft_wrap=True)
