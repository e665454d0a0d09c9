"""What a process is told by its environment, and what it refuses to be told."""

from __future__ import annotations

import json
import os

import pytest

from shared.clock import ClockMode
from shared.settings import Settings, WrongSettings, is_loopback

ISSUERS = [{"issuer": "https://id.example", "jwks_url": "https://id.example/keys", "audience": "obec"}]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("OBEC_", "KAFKA_"))]:
        monkeypatch.delenv(name)


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings.read()


def test_what_is_not_set_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch)
    assert (settings.host, settings.shards, settings.clock) == ("127.0.0.1", 1, ClockMode.REAL)
    assert [settings.port(name) for name in ("reporting", "committee", "activity", "evaluation")] == [
        8400,
        8410,
        8420,
        8430,
    ]
    assert settings.kafka_bootstrap_servers is None
    assert settings.issuers == ()


def test_everything_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(
        monkeypatch,
        KAFKA_BOOTSTRAP_SERVERS="a:9092,b:9092",
        OBEC_TOPIC_PREFIX="t1.",
        OBEC_SHARDS="3",
        OBEC_COMMITTEE_DSN="postgresql://app@db/committee",
        OBEC_COMMITTEE_OWNER_DSN="postgresql://owner@db/committee",
        OBEC_COMMITTEE_PORT="9001",
        OBEC_HOST="0.0.0.0",
        OBEC_ISSUERS=json.dumps(ISSUERS),
        OBEC_EMBEDDED="1",
        OBEC_CLOCK="simulated",
        OBEC_PUBLIC_READ="1",
        OBEC_READY_FILE="/run/ready",
    )
    assert (settings.kafka_bootstrap_servers, settings.topic_prefix, settings.shards) == ("a:9092,b:9092", "t1.", 3)
    assert settings.dsn("committee") == "postgresql://app@db/committee"
    assert settings.owner_dsn("committee") == "postgresql://owner@db/committee"
    assert settings.port("committee") == 9001
    assert settings.issuers[0].audience == "obec"
    assert (settings.clock, settings.public_read, settings.ready_file) == (ClockMode.SIMULATED, True, "/run/ready")


def test_a_missing_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongSettings, match="OBEC_ACTIVITY_OWNER_DSN is not set"):
        read(monkeypatch).owner_dsn("activity")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "obec.example", "192.168.1.9"])
def test_without_issuers_a_service_listens_on_this_machine_alone(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    with pytest.raises(WrongSettings, match="without OBEC_ISSUERS"):
        read(monkeypatch, OBEC_HOST=host)
    assert read(monkeypatch, OBEC_HOST=host, OBEC_ISSUERS=json.dumps(ISSUERS)).host == host


def test_the_simulated_clock_is_for_the_embedded_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongSettings, match="OBEC_CLOCK"):
        read(monkeypatch, OBEC_CLOCK="simulated")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OBEC_SHARDS", "0"),
        ("OBEC_SHARDS", "many"),
        ("OBEC_CLOCK", "sundial"),
        ("OBEC_COMMITTEE_PORT", "70000"),
        ("OBEC_ISSUERS", "not json"),
        ("OBEC_ISSUERS", '[{"issuer": "x"}]'),
        ("OBEC_TOPIC_PREFIX", "a b"),
        ("OBEC_SIGN_IN", "http://id.example"),
        ("OBEC_SIGN_IN", "https://[id"),
        ("OBEC_SESSION_SECRET", "too short"),
        ("OBEC_PUBLIC_ADDRESS", "https://reports.example/path"),
        ("OBEC_PUBLIC_ADDRESS", "reports.example"),
        ("OBEC_PUBLIC_ADDRESS", "https://user@reports.example"),
    ],
)
def test_what_cannot_be_is_told_in_one_line_with_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(WrongSettings) as refused:
        read(monkeypatch, **{name: value})
    assert str(refused.value).startswith(name)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://id.example/keys", "ftp://id.example/keys", "file:///etc/keys", "keys"])
def test_keys_are_not_fetched_where_they_could_be_changed_on_the_way(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(WrongSettings, match="https"):
        read(monkeypatch, OBEC_ISSUERS=json.dumps([{**ISSUERS[0], "jwks_url": url}]))


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://127.0.0.1:8400"),
        ({"OBEC_HOST": "::1", "OBEC_REPORTING_PORT": "8500"}, "http://[::1]:8500"),
        ({"OBEC_PUBLIC_ADDRESS": "https://Reports.example/"}, "https://reports.example"),
    ],
)
def test_browsers_call_the_pages_what_the_settings_say(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], address: str
) -> None:
    assert read(monkeypatch, **environment).pages_address == address


def test_a_service_of_an_ipv6_address_is_reached_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, OBEC_HOST="::1").url("committee") == "http://[::1]:8410"


def test_who_signs_in_from_elsewhere_needs_an_address_to_come_back_to(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {"OBEC_HOST": "0.0.0.0", "OBEC_ISSUERS": json.dumps(ISSUERS), "OBEC_SIGN_IN": "https://id.example"}
    with pytest.raises(WrongSettings, match="OBEC_PUBLIC_ADDRESS"):
        read(monkeypatch, **elsewhere)
    assert read(monkeypatch, **elsewhere, OBEC_PUBLIC_ADDRESS="https://reports.example").sign_in == "https://id.example"


def test_passwords_do_not_show_in_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read(monkeypatch, OBEC_COMMITTEE_DSN="postgresql://app:hush@db/committee")
    assert "hush" not in repr(settings)
    settings = read(monkeypatch, OBEC_SIGN_IN_SECRET="hush", OBEC_SESSION_SECRET="hush" * 8)
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_has_many_names(host: str) -> None:
    assert is_loopback(host)


def test_processes_are_missed_that_are_run_or_without_which_a_service_does_not_do_its_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert read(monkeypatch).processes_of("reporting", ["reporting-projector"]) == [
        "reporting-api",
        "reporting-projector",
    ]
    told = read(monkeypatch, OBEC_PROCESSES="committee-api,reporting-projector,reporting-monitor")
    assert told.processes_of("reporting", ["reporting-projector"]) == [
        "reporting-api",
        "reporting-monitor",
        "reporting-projector",
    ]
    assert told.processes_of("activity", ["activity-reactions"]) == ["activity-api"]
