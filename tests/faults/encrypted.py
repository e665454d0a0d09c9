"""A broker of its own that is spoken to under TLS, its certificate signed by an authority made for it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from deploy.local.kafka import SHORT_LIVED, Kafka
from deploy.local.ports import HOST, Ports
from shared.streams.broker import Broker
from tests.servers import FOLDER, Servers

AUTHORITY, SERVER = "authority.pem", "server.pem"
DAY = timedelta(days=1)


class EncryptedKafka(Kafka):
    """A broker with one more listener, ``SASL_SSL`` on ``tls_port``; ``certificates`` holds what it shows."""

    def __init__(self, home: Path, ports: Ports, certificates: Path) -> None:
        super().__init__(home, ports.kafka, ports.controller, FOLDER / "cache", SHORT_LIVED)
        self.tls_port, self.certificates = ports.committee, certificates

    def encrypted(self, authority: Path) -> Broker:
        """The broker as its administrator comes to it under TLS, trusting an authority."""
        servers = f"{HOST}:{self.tls_port}"
        return replace(self.broker, servers=servers, protocol="SASL_SSL", ca_file=str(authority))

    def _properties(self) -> str:
        client, tls = f"CLIENT://{HOST}:{self.port}", f"TLS://{HOST}:{self.tls_port}"
        properties = {
            "listeners": f"{client},{tls},CONTROLLER://{HOST}:{self.controller_port}",
            "advertised.listeners": f"{client},{tls}",
            "listener.security.protocol.map": "CONTROLLER:SASL_PLAINTEXT,CLIENT:SASL_PLAINTEXT,TLS:SASL_SSL",
            "listener.name.tls.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.tls.scram-sha-512.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "listener.name.tls.ssl.keystore.type": "PEM",
            "listener.name.tls.ssl.keystore.location": str(self.certificates / SERVER),
        }
        return super()._properties() + "".join(f"{name}={value}\n" for name, value in properties.items())


@contextmanager
def encrypted_kafka(folder: Path) -> Iterator[EncryptedKafka]:
    """The broker at work; its authority is ``folder / AUTHORITY``."""
    make_certificates(folder)
    kafka = EncryptedKafka(folder / "stack", Ports.free(), folder)
    kafka.start()
    try:
        yield kafka
    finally:
        kafka.stop()


def servers_under_tls(servers: Servers, kafka: EncryptedKafka) -> Servers:
    """The run's servers with this broker in the place of theirs."""
    authority = kafka.certificates / AUTHORITY
    return replace(servers, broker=kafka.encrypted(authority), users=dict(kafka.passwords))


def make_certificates(folder: Path) -> None:
    """Write an authority's certificate, and a key and certificate of it for this machine, good for a day."""
    folder.mkdir(parents=True, exist_ok=True)
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _signed(
        "authority", authority_key.public_key(), "authority", authority_key, x509.BasicConstraints(True, 0)
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
    server = _signed("server", server_key.public_key(), "authority", authority_key, names)
    (folder / AUTHORITY).write_bytes(authority.public_bytes(Encoding.PEM))
    key = server_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / SERVER).write_bytes(key + server.public_bytes(Encoding.PEM))


def _signed(name: str, key: Any, issuer: str, by: Any, extension: Any) -> x509.Certificate:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        subject_name=_named(name),
        issuer_name=_named(issuer),
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - DAY,
        not_valid_after=now + DAY,
    )
    return made.add_extension(extension, critical=False).sign(by, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
