"""Checkpoints: how far a store's shard is and with which hash, signed (Ed25519), to be kept where the store is not.

A chain proves that nothing within it was changed, but not that its end is still there: who cuts the tail off, and
chains other events behind, leaves a chain that holds. Held against a checkpoint of before, it does not.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import asyncpg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared.contracts.coded import CodedError
from shared.contracts.envelope import GENESIS, wire_time
from shared.eventstore.finding import Finding
from shared.eventstore.store import statement

PART = "checkpoints"

_SETTINGS, _EVENT_AT, _HEAD = statement("settings"), statement("event_at"), statement("head")


class CheckpointError(CodedError):
    """A key or a file of checkpoints is not what it must be; ``code`` is ``checkpoint.key`` or ``checkpoint.file``."""


class Checkpoint(BaseModel):
    """Where one shard of a store was. What is signed is all of it but the signature, as canonical JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    store: str = Field(min_length=1)
    shard: int = Field(ge=0)
    position: int = Field(ge=0)
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    time: str
    """When it was made, by the machine's clock, UTC."""
    key: str = Field(pattern=r"^[0-9a-f]{16}$")
    """Id of the key that signed it."""
    signature: str = ""
    """Base64."""

    def signed(self) -> bytes:
        """The bytes that are signed: UTF-8, keys in order, no spaces."""
        said = self.model_dump(exclude={"signature"})
        return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


_FILE = TypeAdapter(list[Checkpoint])


@dataclass(frozen=True, slots=True)
class Place:
    """Position and hash of one shard."""

    store: str
    shard: int
    position: int
    hash: str


async def places_of(dsn: str) -> list[Place]:
    """Where every shard of a store stands; [] when the database is no store yet."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        made = await connection.fetchrow(_SETTINGS)
        if made is None:
            return []
        found = []
        for shard in range(made["shards"]):
            position = await connection.fetchval(_HEAD, shard)
            row = await connection.fetchrow(_EVENT_AT, shard, position)
            found.append(Place(made["name"], shard, position, row["hash"] if row else GENESIS))
        return found
    finally:
        await connection.close()


def new_key() -> bytes:
    """A private key as PEM (PKCS 8, not encrypted)."""
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_key(private_pem: bytes) -> bytes:
    """The public key of a private one, both as PEM. Raises CheckpointError."""
    return _private(private_pem).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a public key's 32 bytes."""
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def sign(places: Iterable[Place], private_pem: bytes, now: datetime | None = None) -> list[Checkpoint]:
    """A checkpoint for each place. Raises CheckpointError."""
    key = _private(private_pem)
    named, time = key_id(key.public_key()), wire_time(now or datetime.now(UTC))
    made = []
    for each in places:
        draft = Checkpoint(
            store=each.store, shard=each.shard, position=each.position, hash=each.hash, time=time, key=named
        )
        made.append(draft.model_copy(update={"signature": base64.b64encode(key.sign(draft.signed())).decode()}))
    return made


def written(checkpoints: Sequence[Checkpoint]) -> bytes:
    """Checkpoints as a file: JSON, one object each."""
    said: list[Any] = [each.model_dump() for each in checkpoints]
    return json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"


def read(file: bytes, public_pem: bytes) -> list[Checkpoint]:
    """Checkpoints of a file, each with the signature of that key. Raises CheckpointError."""
    key = _public(public_pem)
    try:
        found = _FILE.validate_json(file)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "/".join(map(str, first["loc"]))
        raise CheckpointError("checkpoint.file", f"this is no file of checkpoints: {place} {first['msg']}") from None
    if not found:
        raise CheckpointError("checkpoint.file", "the file holds no checkpoint")
    for each in found:
        _require_signed(each, key)
    return found


async def compare(dsn: str, checkpoints: Sequence[Checkpoint]) -> list[Finding]:
    """Whether a store still holds what checkpoints of it tell; that the chain holds up to there is for ``verify``."""
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return [await _compared(connection, each) for each in checkpoints]
    finally:
        await connection.close()


async def _compared(connection: asyncpg.Connection, told: Checkpoint) -> Finding:
    found = Finding(PART, told.store, f"{told.store}/{told.shard} of {told.time}", told.position, "events")
    if told.position == 0:
        return found
    place = f"{told.store}/{told.shard} position {told.position}"
    row = await connection.fetchrow(_EVENT_AT, told.shard, told.position)
    if row is None:
        last = await connection.fetchval(_HEAD, told.shard)
        message = f"is missing, and was there at {told.time}; the store ends at {last}"
        return replace(found, place=place, message=message)
    if row["hash"] != told.hash:
        message = f"is another event than at {told.time}: its hash is not the signed one"
        return replace(found, place=place, message=message)
    return found


def _require_signed(each: Checkpoint, key: Ed25519PublicKey) -> None:
    named = f"the checkpoint of {each.store}/{each.shard} at position {each.position}"
    if each.key != key_id(key):
        raise CheckpointError("checkpoint.file", f"{named} was signed with key {each.key}, not with {key_id(key)}")
    try:
        key.verify(base64.b64decode(each.signature, validate=True), each.signed())
    except (InvalidSignature, ValueError):
        raise CheckpointError("checkpoint.file", f"{named} does not carry the signature of key {each.key}") from None


def _private(pem: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise CheckpointError(
            "checkpoint.key", "this is no private key that can be read (PEM, not encrypted)"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CheckpointError("checkpoint.key", "this is no Ed25519 key")
    return key


def _public(pem: bytes) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError) as error:
        raise CheckpointError("checkpoint.key", "this is no public key that can be read (PEM)") from error
    if not isinstance(key, Ed25519PublicKey):
        raise CheckpointError("checkpoint.key", "this is no Ed25519 key")
    return key
