"""What a process is told by its environment; everything has a name that begins with ``OBEC_``, but for Kafka's."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Sequence
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from shared.clock import ClockMode
from shared.streams.broker import Broker, Mechanism, Protocol

SHORTEST_SECRET = 24
"""Characters of a secret that signs."""
_ORIGIN = re.compile(r"https?://(?:[\w.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?/?", re.ASCII)


class WrongSettings(Exception):
    """The environment says something that cannot be; the message is one line that names the variable."""


class Issuer(BaseModel, extra="forbid", frozen=True):
    """Who may sign tokens: the ``iss`` they carry, where its keys are (JWKS) and the ``aud`` they are meant for."""

    issuer: str = Field(min_length=1)
    jwks_url: str
    audience: str = Field(min_length=1)

    @field_validator("jwks_url")
    @classmethod
    def _protected(cls, url: str) -> str:
        if is_protected(url):
            return url
        raise ValueError("keys are fetched over https, or over http from this machine")


class Settings(BaseSettings):
    """The settings of any process; ``Settings.read()`` makes them."""

    model_config = SettingsConfigDict(env_prefix="OBEC_", env_ignore_empty=True, extra="ignore", frozen=True)

    kafka_bootstrap_servers: str | None = Field(default=None, validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    """host:port[,host:port…]; None: events stay in the store until there is a broker."""
    kafka_security_protocol: Protocol = Field(default="PLAINTEXT", validation_alias="KAFKA_SECURITY_PROTOCOL")
    kafka_sasl_mechanism: Mechanism = Field(default="SCRAM-SHA-512", validation_alias="KAFKA_SASL_MECHANISM")
    kafka_sasl_username: str = Field(default="", validation_alias="KAFKA_SASL_USERNAME")
    kafka_sasl_password: str = Field(default="", repr=False, validation_alias="KAFKA_SASL_PASSWORD")
    kafka_ssl_ca_file: str = Field(default="", validation_alias="KAFKA_SSL_CA_FILE")
    """Certificates that are trusted (PEM); those of the machine when it is empty."""
    topic_prefix: str = Field(default="", pattern=r"^[a-zA-Z0-9._-]{0,100}$")
    shards: int = Field(default=1, ge=1, le=64)
    committee_dsn: str | None = Field(default=None, repr=False)
    committee_owner_dsn: str | None = Field(default=None, repr=False)
    committee_port: int = Field(default=8410, ge=1, le=65535)
    activity_dsn: str | None = Field(default=None, repr=False)
    activity_owner_dsn: str | None = Field(default=None, repr=False)
    activity_port: int = Field(default=8420, ge=1, le=65535)
    evaluation_dsn: str | None = Field(default=None, repr=False)
    evaluation_owner_dsn: str | None = Field(default=None, repr=False)
    evaluation_port: int = Field(default=8430, ge=1, le=65535)
    reporting_dsn: str | None = Field(default=None, repr=False)
    reporting_owner_dsn: str | None = Field(default=None, repr=False)
    reporting_port: int = Field(default=8400, ge=1, le=65535)
    reporting_projector_port: int | None = Field(default=None, ge=1, le=65535)
    reporting_monitor_port: int | None = Field(default=None, ge=1, le=65535)
    reporting_rebuilder_port: int | None = Field(default=None, ge=1, le=65535)
    reporting_prover_port: int | None = Field(default=None, ge=1, le=65535)
    activity_reactions_port: int | None = Field(default=None, ge=1, le=65535)
    evaluation_reactions_port: int | None = Field(default=None, ge=1, le=65535)
    """Where a process without an API tells how it is; None: nowhere."""
    committee_url: str | None = None
    activity_url: str | None = None
    evaluation_url: str | None = None
    reporting_url: str | None = None
    """Where others reach the service, when that is not its host and port."""
    host: str = "127.0.0.1"
    clock: ClockMode = ClockMode.REAL
    issuers: tuple[Issuer, ...] = ()
    """JSON: [{"issuer": …, "jwks_url": …, "audience": …}]. Without any, nobody can log in."""
    embedded: bool = False
    two_person: bool = False
    """Whether what an operator destroys waits for a second operator."""
    public_read: bool = False
    """Whether reporting's views are open to everybody."""
    sign_in: str | None = None
    """Issuer (OpenID Connect) at which people sign in to the pages; None: nobody can."""
    sign_in_client: str = Field(default="obec-reporting", min_length=1)
    sign_in_secret: str = Field(default="", repr=False)
    """Empty: the pages are a public client."""
    session_secret: str | None = Field(default=None, min_length=32, repr=False)
    """Signs the cookies of people who are signed in; None: a random one, so that a restart signs everybody out."""
    public_address: str | None = None
    """What browsers call reporting, when that is not its host and port."""
    ready_file: str | None = None
    """File that a process without a port touches once it is ready."""
    instance: str | None = Field(default=None, pattern=r"^[a-zA-Z0-9._-]{1,100}$")
    """Names a consuming process among those that share its work: started again by this name, it takes its own place at
    once; without one, others wait until the broker has given up the one that died."""
    processes: str = ""
    """The processes that are run, with ``,`` between them: whichever was never heard of is missed. Empty: those without
    which its service does not do its work."""
    canary_seconds: int = Field(default=0, ge=0, le=86_400)
    """How often a write service sends a canary; 0: never."""
    silence_seconds: int = Field(default=86_400, ge=3_600, le=366 * 86_400)
    """A publisher's pause that is shorter is never called silence."""
    late_seconds: int = Field(default=7 * 86_400, ge=1, le=3_660 * 86_400)
    """An event that was received so long after it took effect is called late."""
    alarm_seconds: float = Field(default=30.0, gt=0, le=3_600)
    """How often it is judged whether there is anything to be alarmed about."""
    alarm_repeat_minutes: float = Field(default=60.0, gt=0, le=10_080)
    """After how long an alarm that nobody has acknowledged is told again."""
    alarm_webhook: str | None = None
    """Where alarms are POSTed; None: nowhere."""
    alarm_webhook_secret: str = Field(default="", repr=False)
    """Signs what is POSTed (Standard Webhooks): any 24 characters at least, or base64 behind ``whsec_``."""
    alarm_folders: str = "."
    """Folders whose disks are watched, with ``:`` between them."""
    alarm_token: str = Field(default="", repr=False)
    """Token of an operator with which the other services are asked how they are; empty: only whether they live."""
    smtp_host: str | None = None
    """Mail server by which alarms are told; None: none."""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["none", "starttls", "tls"] = "starttls"
    smtp_user: str = ""
    smtp_password: str = Field(default="", repr=False)
    smtp_from: str = ""
    smtp_to: str = ""
    """Addresses of offices, with ``,`` between them."""
    verify_seconds: int = Field(default=3_600, ge=0, le=366 * 86_400)
    """How often everything is verified; 0: only when an operator asks."""
    faults: str | None = None
    """Folder through which tests break the process, see shared.faults."""

    @field_validator("sign_in")
    @classmethod
    def _trustworthy(cls, issuer: str | None) -> str | None:
        if issuer is None or is_protected(issuer):
            return issuer
        raise ValueError("people sign in over https, or over http on this machine")

    @field_validator("public_address")
    @classmethod
    def _origin(cls, address: str | None) -> str | None:
        if address is None or _ORIGIN.fullmatch(address):
            return address
        raise ValueError("an address without a path, such as https://reports.example")

    @model_validator(mode="after")
    def _allowed(self) -> Self:
        if not self.issuers and not is_loopback(self.host):
            raise ValueError(
                f"OBEC_HOST: without OBEC_ISSUERS a service listens on this machine alone, not on {self.host}"
            )
        if self.clock is ClockMode.SIMULATED and not self.embedded:
            raise ValueError("OBEC_CLOCK: the simulated clock is for the embedded stack (OBEC_EMBEDDED=1)")
        if self.sign_in and self.public_address is None and not is_loopback(self.host):
            raise ValueError("OBEC_PUBLIC_ADDRESS: with OBEC_SIGN_IN it says where the issuer sends browsers back to")
        self._require_channels()
        _ = self.broker
        return self

    def _require_channels(self) -> None:
        """What goes out can be held against its sender, and no password goes out in the open."""
        if self.alarm_webhook is not None:
            if not is_protected(self.alarm_webhook):
                raise ValueError("OBEC_ALARM_WEBHOOK: alarms go out over https, or over http on this machine")
            if len(self.alarm_webhook_secret) < SHORTEST_SECRET:
                raise ValueError(f"OBEC_ALARM_WEBHOOK_SECRET: {SHORTEST_SECRET} characters at least sign what goes out")
            if not is_signing_key(self.alarm_webhook_secret):
                raise ValueError("OBEC_ALARM_WEBHOOK_SECRET: behind whsec_ stands base64")
        if self.smtp_host is not None:
            if "@" not in self.smtp_from or not all("@" in each for each in self.smtp_to.split(",")):
                raise ValueError("OBEC_SMTP_FROM and OBEC_SMTP_TO: with OBEC_SMTP_HOST both name addresses")
            if self.smtp_security == "none" and not is_loopback(self.smtp_host):
                raise ValueError("OBEC_SMTP_SECURITY: only a mail server on this machine is talked to in the open")

    @property
    def broker(self) -> Broker | None:
        """Where Kafka is, and as whom this process asks it; None when there is none."""
        if self.kafka_bootstrap_servers is None:
            return None
        return Broker(
            self.kafka_bootstrap_servers,
            self.kafka_security_protocol,
            self.kafka_sasl_username,
            self.kafka_sasl_password,
            self.kafka_sasl_mechanism,
            self.kafka_ssl_ca_file,
        )

    @classmethod
    def read(cls) -> Self:
        """The settings that the environment makes. Raises WrongSettings."""
        try:
            return cls()
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            raise WrongSettings(_sentence(first["loc"], first["msg"])) from None
        except SettingsError as error:
            raise WrongSettings(f"OBEC_ISSUERS: not the JSON that it must be ({error.__cause__ or error})") from None

    def dsn(self, service: str) -> str:
        """Address of a service's database for the role that runs. Raises WrongSettings."""
        return self._required(service, "dsn")

    def owner_dsn(self, service: str) -> str:
        """Address of a service's database for the role that migrates. Raises WrongSettings."""
        return self._required(service, "owner_dsn")

    def port(self, service: str) -> int:
        """Port that a service listens on."""
        found: int = getattr(self, f"{service}_port")
        return found

    def processes_of(self, service: str, needed: Sequence[str]) -> list[str]:
        """A service's processes that are missed when never heard of: of those that are run, else ``needed``."""
        run = [each.strip() for each in self.processes.split(",")] if self.processes else needed
        return sorted({f"{service}-api", *(each for each in run if each.startswith(f"{service}-"))})

    def worker_port(self, service: str, role: str) -> int | None:
        """Port on which a process without an API tells how it is; None where none is set, or it has an API."""
        found: int | None = getattr(self, f"{service}_{role}_port", None)
        return found

    def url(self, service: str) -> str:
        """Where callers reach a service over HTTP, without a slash at its end."""
        found: str | None = getattr(self, f"{service}_url")
        return (found or f"http://{self._authority}:{self.port(service)}").rstrip("/")

    @property
    def pages_address(self) -> str:
        """What browsers call reporting, without a slash at its end."""
        return (self.public_address or f"http://{self._authority}:{self.reporting_port}").rstrip("/").lower()

    @property
    def _authority(self) -> str:
        """The host as it stands in an address."""
        return f"[{self.host}]" if ":" in self.host and not self.host.startswith("[") else self.host

    def _required(self, service: str, what: str) -> str:
        found: str | None = getattr(self, f"{service}_{what}")
        if found is None:
            raise WrongSettings(f"OBEC_{service.upper()}_{what.upper()} is not set: it says where the database is")
        return found


def is_protected(url: str) -> bool:
    """Whether nobody on the way can change what an address answers: https, or http on this machine."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    except ValueError:
        return False


def is_signing_key(secret: str) -> bool:
    """Whether a webhook's secret is any text, or base64 behind ``whsec_`` as Standard Webhooks writes it."""
    try:
        return not secret.startswith("whsec_") or bool(base64.b64decode(secret.removeprefix("whsec_"), validate=True))
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own and nobody else's."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _sentence(loc: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    if not loc:
        return message
    name, *inside = (str(part) for part in loc)
    variable = name if name.isupper() else f"OBEC_{name.upper()}"
    return f"{variable}{''.join(f'[{part}]' for part in inside)}: {message}"
