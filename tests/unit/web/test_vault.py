"""What a process remembers of sessions: bounded, until they expire, and never shown."""

from __future__ import annotations

from shared.web.vault import Vault


class Time:
    """Seconds since 1970, as a test says."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_token_is_kept_until_it_expires() -> None:
    now = Time()
    vault = Vault(now=now)
    vault.keep("a", "token", "name", 1010.0)
    kept = vault.of("a")
    assert kept is not None
    assert (kept.token, kept.name) == ("token", "name")
    now.seconds = 1010.0
    assert vault.of("a") is None


def test_what_has_expired_makes_room_for_what_comes() -> None:
    now = Time()
    vault = Vault(most=2, now=now)
    vault.keep("lasting", "token", "", 2000.0)
    vault.keep("short", "token", "", 1010.0)
    now.seconds = 1010.0
    vault.keep("new", "token", "", 2000.0)
    assert vault.of("lasting") is not None


def test_the_oldest_session_gives_way() -> None:
    vault = Vault(most=2, now=Time())
    for key in "abc":
        vault.keep(key, key, "", 2000.0)
    assert [vault.of(key) is not None for key in "abc"] == [False, True, True]


def test_a_session_that_ended_stays_ended_until_its_cookie_expires() -> None:
    now = Time()
    vault = Vault(most=2, now=now)
    vault.keep("a", "token", "", 1010.0)
    vault.end("a", 1010.0)
    assert vault.of("a") is None
    assert vault.has_ended("a")
    now.seconds = 1010.0
    vault.end("b", 1020.0)
    assert [vault.has_ended(key) for key in "ab"] == [False, True]


def test_no_more_ends_are_remembered_than_allowed() -> None:
    vault = Vault(most=2, now=Time())
    for key in "abc":
        vault.end(key, 2000.0)
    assert [vault.has_ended(key) for key in "abc"] == [False, True, True]


def test_a_token_does_not_show_in_what_is_printed() -> None:
    vault = Vault()
    vault.keep("a", "hush", "name", float("inf"))
    assert "hush" not in repr(vault.of("a"))
