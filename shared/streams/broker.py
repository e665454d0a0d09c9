"""Where Kafka is and as whom it is asked: what every client of it is made of."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from typing import Any, Literal

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

KAFKA_VARIABLES = {
    "servers": "KAFKA_BOOTSTRAP_SERVERS",
    "protocol": "KAFKA_SECURITY_PROTOCOL",
    "mechanism": "KAFKA_SASL_MECHANISM",
    "username": "KAFKA_SASL_USERNAME",
    "password": "KAFKA_SASL_PASSWORD",
    "ca_file": "KAFKA_SSL_CA_FILE",
}
"""By field, the environment variable that tells it."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker list, and the user that asks; as text it is the list alone, so that no message tells a password."""

    servers: str
    """host:port[,host:port…]."""
    protocol: Protocol = "PLAINTEXT"
    username: str = ""
    password: str = field(default="", repr=False)
    mechanism: Mechanism = "SCRAM-SHA-512"
    ca_file: str = ""
    """Certificates that are trusted, PEM; empty: those that the machine trusts."""

    def __post_init__(self) -> None:
        """Raises ValueError, which names the variable, for what can be no connection."""
        if self.secured and not (self.username and self.password):
            raise ValueError("KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD: this broker asks for both")
        if self.ca_file and not os.access(self.ca_file, os.R_OK):
            raise ValueError(f"KAFKA_SSL_CA_FILE: {self.ca_file} cannot be read")

    def __str__(self) -> str:
        return self.servers

    def environment(self) -> dict[str, str]:
        """The variables that tell a process of it."""
        said = {name: str(getattr(self, field)) for field, name in KAFKA_VARIABLES.items()}
        return {name: text for name, text in said.items() if text}

    @property
    def secured(self) -> bool:
        """Whether the broker asks who one is."""
        return self.protocol.startswith("SASL")

    def tls(self) -> ssl.SSLContext | None:
        """What certificates are held against; None without TLS. Raises OSError for a file that cannot be read."""
        return ssl.create_default_context(cafile=self.ca_file or None) if self.protocol.endswith("SSL") else None

    def client(self) -> dict[str, Any]:
        """Keyword arguments of aiokafka's clients."""
        made: dict[str, Any] = {"bootstrap_servers": self.servers, "security_protocol": self.protocol}
        if (context := self.tls()) is not None:
            made["ssl_context"] = context
        if self.secured:
            made["sasl_mechanism"] = self.mechanism
            made["sasl_plain_username"], made["sasl_plain_password"] = self.username, self.password
        return made

    def librdkafka(self) -> dict[str, Any]:
        """Configuration of clients that are made with librdkafka."""
        made: dict[str, Any] = {"bootstrap.servers": self.servers, "security.protocol": self.protocol}
        if self.protocol.endswith("SSL") and self.ca_file:
            made["ssl.ca.location"] = self.ca_file
        if self.secured:
            made |= {
                "sasl.mechanism": self.mechanism,
                "sasl.username": self.username,
                "sasl.password": self.password,
            }
        return made
