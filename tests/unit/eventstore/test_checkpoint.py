"""A checkpoint proves what its key signed, and nothing that was changed afterwards."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)

from shared.eventstore.checkpoint import CheckpointError, Place, new_key, public_key, read, sign, written

PLACES = [Place("committee", 0, 7, "ab" * 32), Place("activity", 2, 0, "0" * 64)]
NOON = datetime(2017, 9, 30, 5, 0, tzinfo=UTC)


def refused(file: bytes, key: bytes) -> str:
    """Why a file of checkpoints is not taken."""
    with pytest.raises(CheckpointError) as error:
        read(file, key)
    return f"{error.value.code} {error.value}"


def test_what_was_signed_is_read_as_it_was() -> None:
    key = new_key()
    made = sign(PLACES, key, NOON)
    assert read(written(made), public_key(key)) == made
    assert [(each.store, each.shard, each.position, each.hash) for each in made] == [
        ("committee", 0, 7, "ab" * 32),
        ("activity", 2, 0, "0" * 64),
    ]


def test_anybody_can_check_a_signature_with_what_the_document_says() -> None:
    key = new_key()
    [told, _] = json.loads(written(sign(PLACES, key, NOON)))
    signature = base64.b64decode(told.pop("signature"))
    signed = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    public = load_pem_public_key(public_key(key))
    assert isinstance(public, Ed25519PublicKey)
    public.verify(signature, signed)
    assert told["time"] == "2017-09-30T05:00:00.000000Z"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("store", "activity"),
        ("shard", 1),
        ("position", 6),
        ("hash", "cd" * 32),
        ("time", "2018"),
        ("signature", "AAAA"),
    ],
)
def test_a_changed_field_no_longer_carries_the_signature(field: str, value: object) -> None:
    key = new_key()
    told = json.loads(written(sign(PLACES, key)))
    told[0][field] = value
    assert "does not carry the signature" in refused(json.dumps(told).encode(), public_key(key))


def test_another_key_is_named() -> None:
    mine, other = new_key(), new_key()
    assert "checkpoint.file" in (said := refused(written(sign(PLACES, mine)), public_key(other)))
    assert sign(PLACES, mine)[0].key in said


@pytest.mark.parametrize("file", [b"", b"[]", b"{}", b'[{"store": "x"}]', b"not json", b"\xff"])
def test_what_is_no_file_of_checkpoints_is_said(file: bytes) -> None:
    assert refused(file, public_key(new_key())).startswith("checkpoint.file ")


def test_what_is_no_key_is_said() -> None:
    rsa = generate_private_key(65537, 2048)
    private = rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for key in (b"", b"no key", private):
        with pytest.raises(CheckpointError) as error:
            sign(PLACES, key)
        assert error.value.code == "checkpoint.key"
    for key in (b"", b"no key", public):
        assert refused(written(sign(PLACES, new_key())), key).startswith("checkpoint.key ")
