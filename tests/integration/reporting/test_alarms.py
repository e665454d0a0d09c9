"""Alarms from the views to whom they are told: raised, repeated, silenced, cleared, over a webhook and by e-mail."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import signal
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import asyncpg
import httpx
import pytest
import structlog
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from prometheus_client import REGISTRY

from deploy.local.topics import connect
from services.reporting.alarms.channels import Mail, Server, Webhook
from services.reporting.alarms.http import AlarmApi
from services.reporting.alarms.judging import Judge, Verdict, Watched
from services.reporting.alarms.kinds import condition
from services.reporting.alarms.others import Others
from services.reporting.alarms.outbox import waiting
from services.reporting.alarms.running import LEADING, Alarms
from services.reporting.application import application
from shared.contracts.committee import CredentialIssued, CredentialRevoked, Holder, MemberEnded
from shared.contracts.envelope import Envelope
from shared.eventstore.append import OtherContent
from shared.eventstore.commands import CommandHandler
from shared.eventstore.commands import Request as CommandRequest
from shared.eventstore.store import EventStore
from shared.operating.deciding import Operators
from shared.operating.status import ServiceStatus
from shared.streams.broker import Broker
from shared.streams.topics import Topics
from shared.web.api import Api
from tests.conftest import NewDatabase, NewTopics
from tests.contract.asking import refused
from tests.contract.process import environment_of, free_port, process
from tests.eventually import eventually
from tests.integration.reporting.site import Site
from tests.tokens import TestIssuer
from tests.unit.reporting.log import PROGRAMME, Log, person

SECRET = "a secret of twenty-four letters"
NO_CHAIR = f"alarm:{PROGRAMME}:committee.without_chair:R07"
EXPIRING = "alarm:system:credential.expiring:e-meeting:first"
DIFFERENT = "alarm:system:proof.failed:stores:committee:shard-0"
PARKED = "alarm:system:consumer.parked:reporting:reporting"
PARK = """
INSERT INTO parked (consumer, topic, shard, record, store, code, message, headers)
VALUES ($1, 't', 0, 7, 'activity', 'record.not_an_event', '', '')
"""
DAY = "2016-11-15"
REPEAT = timedelta(hours=1)


class Hook:
    """A webhook's other side: refuses so many times, then keeps what it is told."""

    def __init__(self) -> None:
        self.refuses = 0
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.told: list[dict[str, Any]] = []
        self.url = ""

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """The status that a request is answered with."""
        self.asked.append((headers, body))
        if self.refuses:
            self.refuses -= 1
            return 503
        self.told.append(json.loads(body))
        return 204

    def news(self) -> list[tuple[str, str]]:
        """What it was told, of what."""
        return [(each["type"], each["data"]["alarm"]) for each in self.told]


@contextmanager
def listening() -> Iterator[Hook]:
    """A webhook on this machine."""
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(hook.take({name.lower(): value for name, value in self.headers.items()}, body))
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    hook.url = f"http://127.0.0.1:{server.server_port}/alarms"
    try:
        yield hook
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Postbox:
    """A mail server's handler that keeps letters."""

    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """Keep a letter."""
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"


@asynccontextmanager
async def receiving(**asking: Any) -> AsyncIterator[tuple[Postbox, int]]:
    """A mail server on this machine, and its port; ``asking``: what it asks of who sends (aiosmtpd's SMTP)."""
    box = Postbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box, **asking), "127.0.0.1", 0)
    try:
        yield box, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@dataclass
class Watch:
    """The views of a programme, who watches them, and who is told."""

    site: Site
    log: Log
    store: EventStore
    alarms: Alarms
    hook: Hook
    box: Postbox
    webhook: Webhook
    mail: Mail
    operator: httpx.AsyncClient
    officer: httpx.AsyncClient
    public: httpx.AsyncClient

    async def now(self, moment: str | None = None) -> None:
        """Let the views know what the log says, and the stores announce that there is no more; then judge and tell."""
        if moment is not None:
            self.log.at(moment)
        await self.site.project(self.log)
        await self.site.pool.execute("DELETE FROM heads")
        await self.site.pool.execute(
            "INSERT INTO heads (store, shard, position, time) SELECT s, 0, 0, $1 FROM unnest($2::text[]) AS s",
            self.log.now,
            ["committee", "activity", "evaluation"],
        )
        await self.alarms.round()

    async def tell(self) -> None:
        """Tell both channels whatever is to be told."""
        for channel in (self.webhook, self.mail):
            while await self.alarms.tell(channel):
                pass

    async def later(self, by: timedelta) -> None:
        """As if so much time had gone by since anybody was told or tried to be."""
        await self.site.pool.execute(
            "UPDATE public.alarm_notices SET sent_at = sent_at - $1::interval, due_at = due_at - $1::interval", by
        )
        await self.alarms.round()

    async def states(self) -> dict[str, str]:
        """States of open alarms."""
        told = await self.asked()
        return {each["id"]: each["state"] for each in told["open"]}

    async def asked(self) -> dict[str, Any]:
        """What operators are told."""
        answer = await self.operator.get("/v1/ops/alarms")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def say(self, verb: str, alarm: str = NO_CHAIR, **body: Any) -> None:
        """An operator's word."""
        answer = await self.operator.post(f"/v1/ops/alarms/{alarm}/{verb}", json={"reason": "รับทราบ", **body})
        assert answer.status_code == 200, answer.text

    def lose_the_chair(self) -> Envelope:
        """Region 7's chair leaves."""
        ended = MemberEnded(
            programme=PROGRAMME,
            region="R07",
            holder=Holder(person_id=person(1)),
            ended_on=self.log.now.date(),
            reason="เกษียณ",
        )
        return self.log.tell(f"committee:{PROGRAMME}:R07:1", ended)


@asynccontextmanager
async def watching(site: Site) -> AsyncIterator[Watch]:
    """Everything put together on a site."""
    log = Log()
    log.register()
    log.at("2016-11-05").propose("R07", "2016-11-01")
    log.appoint("R07", "2016-11-03")
    issuer = TestIssuer()
    store = await EventStore.open(site.app_dsn, "reporting")
    authenticator = issuer.authenticator()
    with listening() as hook:
        async with receiving() as (box, port), httpx.AsyncClient(trust_env=False) as client:
            webhook = Webhook(hook.url, SECRET, client)
            mail = Mail(Server("127.0.0.1", port, "none"), "obec@office.example", ["ops@office.example"], "http://c")
            judge = Judge(site.pool, site.clock, Watched())
            alarms = Alarms(store, site.pool, judge, [webhook, mail], every=0.05, repeat=REPEAT)
            api = Api()
            AlarmApi(store, Operators("reporting", lambda: store.pool, two_person=False)).add_to(api)
            app = application(site.desk, authenticator, api, public_read=True)

            def of(headers: dict[str, str]) -> httpx.AsyncClient:
                return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://r", headers=headers)

            async with (
                of(issuer.bearer("operator", subject="usr-operator")) as operator,
                of(issuer.bearer("officer", subject="usr-officer")) as officer,
                of({}) as public,
            ):
                yield Watch(site, log, store, alarms, hook, box, webhook, mail, operator, officer, public)
    await authenticator.close()
    await store.close()


@pytest.fixture
async def watch(site: Site) -> AsyncIterator[Watch]:
    async with watching(site) as opened:
        yield opened


async def test_an_alarm_is_told_by_both_channels_until_it_is_cleared_and_told_again_when_it_comes_again(
    watch: Watch,
) -> None:
    await watch.now(DAY)
    await watch.tell()
    assert (await watch.states(), watch.hook.told, watch.box.letters) == ({}, [], [])

    left = watch.lose_the_chair()
    for _ in range(3):
        await watch.now()
        await watch.tell()
    assert await watch.states() == {NO_CHAIR: "raised"}
    assert watch.hook.news() == [("alarm.raised", NO_CHAIR)]
    [letter] = watch.box.letters
    assert letter["To"] == "ops@office.example"
    assert "คณะกรรมการของเขตตรวจราชการที่ 7 ไม่มีประธานกรรมการ" in letter.get_content()
    assert "The committee of inspection region 7 has no chair" in letter.get_content()

    watch.log.void(left)
    await watch.now()
    watch.lose_the_chair()
    await watch.now()
    await watch.tell()
    assert watch.hook.news() == [("alarm.raised", NO_CHAIR), ("alarm.cleared", NO_CHAIR), ("alarm.raised", NO_CHAIR)]
    assert [each["data"]["occurrence"] for each in watch.hook.told] == [1, 1, 2]
    assert len(watch.box.letters) == 3
    names = [type(each.event).__name__ for each in await watch.store.history(NO_CHAIR)]
    assert names == ["AlarmRaised", "AlarmCleared", "AlarmRaised"]


async def test_a_webhook_that_is_down_delays_nobody_and_is_told_everything_once_it_is_back(watch: Watch) -> None:
    watch.hook.refuses = 2
    left = watch.lose_the_chair()
    await watch.now(DAY)
    await watch.tell()
    assert (len(watch.hook.asked), watch.hook.told, len(watch.box.letters)) == (1, [], 1)

    watch.log.void(left)
    await watch.now()
    await watch.tell()
    assert (len(watch.hook.asked), len(watch.box.letters)) == (1, 2)
    assert "Cleared" in watch.box.letters[1].get_content()
    [untold] = (await watch.asked())["untold"]
    assert (untold["channel"], untold["notices"], untold["attempts"], untold["error"]) == ("webhook", 2, 1, "HTTP 503")

    await watch.later(timedelta(seconds=6))
    await watch.tell()
    assert (len(watch.hook.asked), watch.hook.told) == (2, [])
    await watch.later(timedelta(seconds=6))
    await watch.tell()
    assert (len(watch.hook.asked), watch.hook.told) == (2, []), "the pause has doubled"
    await watch.later(timedelta(seconds=6))
    await watch.tell()
    assert watch.hook.news() == [("alarm.raised", NO_CHAIR), ("alarm.cleared", NO_CHAIR)]
    assert len({headers["webhook-id"] for headers, _ in watch.hook.asked}) == 2
    assert await waiting(watch.site.pool) == []


MAIL_USER, MAIL_PASSWORD = "obec", "known-to-the-office"


def certified(folder: Path) -> Path:
    """A certificate that this machine gives itself, with its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.office.example")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "mail.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(private + made.public_bytes(Encoding.PEM))
    return pem


def admitted(_server: Any, session: Any, _envelope: Any, _mechanism: str, told: Any) -> AuthResult:
    """Whoever knows the password, over TLS; who does not is told what he said, as careless servers do."""
    if session.ssl is not None and (told.login, told.password) == (MAIL_USER.encode(), MAIL_PASSWORD.encode()):
        return AuthResult(success=True)
    return AuthResult(success=False, handled=False, message=f"535 5.7.8 refused: {told.password!r}")


async def test_a_letter_goes_over_tls_to_who_knows_the_password_and_waits_where_that_is_wrong(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certified(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    watch.lose_the_chair()
    async with receiving(
        tls_context=tls, require_starttls=True, auth_required=True, authenticator=admitted, enable_SMTPUTF8=True
    ) as (box, port):

        def mail(password: str) -> Mail:
            server = Server("127.0.0.1", port, "starttls", MAIL_USER, password)
            return Mail(server, "obec@office.example", ["ops@office.example"], "http://c")

        async def tell(password: str) -> str:
            watch.mail = mail(password)
            await watch.tell()
            return next((each["error"] for each in await waiting(watch.site.pool)), "")

        await watch.now(DAY)
        with structlog.testing.capture_logs() as logged:
            failed = metric("obec_alarm_sendings_failed_total", channel="email") or 0
            assert "CERTIFICATE_VERIFY_FAILED" in await tell(MAIL_PASSWORD)
            monkeypatch.setenv("SSL_CERT_FILE", str(pem))
            await watch.later(timedelta(seconds=6))
            assert await tell("another secret") == "the login as obec is refused (535)"
            await watch.later(timedelta(seconds=11))
            assert await tell("ความลับ") == "a user and a password for SMTP must be ASCII"
            await watch.alarms.round()
        assert box.letters == []
        assert metric("obec_alarm_sendings_failed_total", channel="email") == failed + 3
        assert metric("obec_alarm_notices_untold", channel="email") == 1
        assert [each["event"] for each in logged].count("an alarm could not be told") == 3
        assert not any(secret in str(logged) for secret in (MAIL_PASSWORD, "another secret", "ความลับ"))

        await watch.later(timedelta(seconds=21))
        assert await tell(MAIL_PASSWORD) == ""
        [letter] = box.letters
    assert "The committee of inspection region 7 has no chair" in letter.get_content()


async def test_what_a_webhook_is_told_is_signed(watch: Watch) -> None:
    watch.lose_the_chair()
    await watch.now(DAY)
    await watch.tell()
    [(headers, body)] = watch.hook.asked
    signed = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    made = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{made}"


async def test_who_has_not_heard_is_told_again_until_somebody_acknowledges(watch: Watch) -> None:
    watch.lose_the_chair()
    await watch.now(DAY)
    await watch.tell()
    await watch.later(REPEAT / 2)
    await watch.tell()
    assert len(watch.hook.told) == 1
    for _ in range(2):
        await watch.later(REPEAT)
        await watch.tell()
    assert [(each["type"], each["data"]["nth"]) for each in watch.hook.told] == [
        ("alarm.raised", 0),
        ("alarm.repeated", 1),
        ("alarm.repeated", 2),
    ]
    await watch.say("acknowledge")
    await watch.later(2 * REPEAT)
    await watch.tell()
    assert len(watch.hook.told) == 3
    [told] = (await watch.asked())["open"]
    assert (told["state"], told["acknowledged"]) == ("acknowledged", {"operator": "usr-operator", "reason": "รับทราบ"})
    audited = await watch.site.pool.fetchrow("SELECT actor, action, target, reason FROM operator_audit")
    assert tuple(audited) == ("usr-operator", "acknowledge", NO_CHAIR, "รับทราบ")


async def test_an_acknowledgement_and_its_line_in_the_audit_are_one(watch: Watch) -> None:
    watch.lose_the_chair()
    await watch.now(DAY)
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    owner = await asyncpg.connect(watch.site.owner_dsn)
    try:
        await owner.execute("ALTER TABLE operator_audit ADD CONSTRAINT full_disk CHECK (id < 0)")
        for verb, body in (("acknowledge", {}), ("silence", {"until": until})):
            path = f"/v1/ops/alarms/{NO_CHAIR}/{verb}"
            assert (await watch.operator.post(path, json={"reason": "รับทราบ", **body})).status_code == 500
        assert await watch.states() == {NO_CHAIR: "raised"}
        assert [type(each.event).__name__ for each in await watch.store.history(NO_CHAIR)] == ["AlarmRaised"]
        await owner.execute("ALTER TABLE operator_audit DROP CONSTRAINT full_disk")
    finally:
        await owner.close()
    await watch.say("acknowledge")
    await watch.say("silence", until=until)
    names = [type(each.event).__name__ for each in await watch.store.history(NO_CHAIR)]
    assert names == ["AlarmRaised", "AlarmAcknowledged", "AlarmSilenced"]
    assert await watch.site.pool.fetchval("SELECT count(*) FROM operator_audit") == 2


async def test_nobody_is_told_of_what_is_silenced_until_the_silence_ends(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.hook.refuses = 1
    watch.lose_the_chair()
    await watch.now(DAY)
    await watch.tell()
    until = datetime.now(UTC) + timedelta(days=1)
    await watch.say("silence", until=until.isoformat())
    assert await watch.states() == {NO_CHAIR: "silenced"}
    await watch.later(10 * REPEAT)
    await watch.tell()
    assert (watch.hook.told, len(watch.box.letters)) == ([], 1)

    monkeypatch.setattr("services.reporting.alarms.running.machine_time", lambda: until)
    await watch.alarms.round()
    await watch.tell()
    assert watch.hook.news() == [("alarm.raised", NO_CHAIR)]
    assert "Again" in watch.box.letters[1].get_content()


async def test_an_alarm_that_comes_and_goes_in_silence_is_never_told(watch: Watch) -> None:
    left = watch.lose_the_chair()
    await watch.now(DAY)
    await watch.tell()
    watch.log.void(left)
    await watch.now()
    await watch.tell()
    await watch.say("silence", until=(datetime.now(UTC) + timedelta(days=1)).isoformat())
    left = watch.lose_the_chair()
    await watch.now()
    assert await watch.states() == {NO_CHAIR: "silenced"}
    watch.log.void(left)
    await watch.now()
    await watch.tell()
    assert watch.hook.news() == [("alarm.raised", NO_CHAIR), ("alarm.cleared", NO_CHAIR)]


async def test_views_that_are_behind_raise_nothing_and_clear_nothing(watch: Watch) -> None:
    left = watch.lose_the_chair()
    await watch.now(DAY)
    assert await watch.states() == {NO_CHAIR: "raised"}
    watch.log.void(left)
    await watch.site.project(watch.log)
    await watch.site.pool.execute(
        "INSERT INTO heads (store, shard, position, time) VALUES ('committee', 0, 99, $1)",
        watch.log.now + timedelta(minutes=2),
    )
    await watch.alarms.round()
    assert await watch.states() == {NO_CHAIR: "raised"}
    await watch.now()
    assert await watch.states() == {}


async def verification(watch: Watch, place: str) -> None:
    """A verification comes to its end; ``place``: where committee's store differs, if anywhere."""
    run = await watch.site.pool.fetchval(
        "INSERT INTO proof_runs (asked_by, reason, finished_at) VALUES ('usr-operator', 'x', clock_timestamp())"
        " RETURNING id"
    )
    await watch.site.pool.execute(
        "INSERT INTO proofs (run, nth, part, service, of, checked, unit, place, message)"
        " VALUES ($1, 1, 'stores', 'committee', 'shard 0', 9, 'events', $2, 'another hash')",
        run,
        place,
    )


async def test_credentials_parked_events_proofs_and_scores_are_judged_from_the_database(watch: Watch) -> None:
    issued = CredentialIssued(
        publisher="e-meeting", credential="first", kind="api_key", fingerprint="0" * 64, expires_on=date(2016, 11, 20)
    )
    watch.log.tell("publisher:e-meeting", issued)
    measured = watch.log.measure("QN2:R07:2560-Q1", "80")
    verified = watch.log.verify(measured)
    watch.log.score("QN2:R07:2560-Q1", "80", "3.00", verified)
    watch.log.score("QN2:R07:2560-Y", "80", "3.00", verified)
    await watch.site.pool.execute(
        "INSERT INTO rebuilds (schema, number, state, asked_by, reason)"
        " VALUES ('reporting_v9', 9, 'former', 'usr-operator', 'x')"
    )
    for consumer in ("reporting", "reporting_v9"):  # of views that answer no more nobody has anything to mend
        await watch.site.pool.execute(PARK, consumer)
    await verification(watch, "0:7" * 10_000)
    await watch.now(DAY)
    assert await watch.states() == {EXPIRING: "raised", PARKED: "raised", DIFFERENT: "raised"}

    watch.log.void(verified)
    watch.log.tell(
        "publisher:e-meeting", CredentialRevoked(publisher="e-meeting", credential="first", reason="เปลี่ยนรหัส")
    )
    await watch.site.pool.execute(
        "INSERT INTO skips (store, shard, record, reason, decided_by) VALUES ('activity', 0, 7, 'x', 'usr-operator')"
    )
    await verification(watch, "")
    await watch.now()
    assert await watch.states() == {f"alarm:{PROGRAMME}:score.unverified:QN2:R07:2560-Q1": "raised"}


async def test_alarms_of_a_programme_that_was_never_to_be_are_cleared(watch: Watch) -> None:
    watch.lose_the_chair()
    await watch.now(DAY)
    assert await watch.states() == {NO_CHAIR: "raised"}
    watch.log.void(watch.log.sent[0])
    await watch.now()
    assert await watch.site.pool.fetchval("SELECT count(*) FROM programme") == 0
    assert await watch.states() == {}


async def test_a_condition_whose_judging_fails_keeps_no_other_from_being_told(watch: Watch) -> None:
    def broken() -> ServiceStatus:
        raise KeyError("a defect")

    judge = Judge(watch.site.pool, watch.site.clock, Watched(status=broken))
    watch.alarms = Alarms(watch.store, watch.site.pool, judge)
    watch.lose_the_chair()
    with structlog.testing.capture_logs() as logged:
        await watch.now(DAY)
    assert await watch.states() == {NO_CHAIR: "raised"}
    assert ("process.not_working", "error") in [(each.get("what"), each["log_level"]) for each in logged]


async def test_an_alarm_that_the_store_refuses_keeps_no_other_from_being_raised(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = CommandHandler.handle

    async def refusing(self: CommandHandler, request: CommandRequest) -> Any:
        if request.stream == DIFFERENT:
            raise OtherContent
        return await handle(self, request)

    monkeypatch.setattr(CommandHandler, "handle", refusing)
    await verification(watch, "0:7")
    await watch.site.pool.execute(PARK, "reporting")
    await watch.now(DAY)
    assert await watch.states() == {PARKED: "raised"}


async def test_a_round_that_fails_of_a_defect_is_followed_by_the_next(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[str] = []

    async def judge(_self: Judge) -> Verdict:
        if not failed:
            failed.append("once")
            raise KeyError("a defect")
        return Verdict([condition("broker.unreachable", "kafka")], frozenset())

    monkeypatch.setattr(Judge, "judge", judge)
    stop = asyncio.Event()
    running = asyncio.create_task(watch.alarms.run(stop))

    async def raised() -> bool:
        return await watch.states() == {"alarm:system:broker.unreachable:kafka": "raised"}

    try:
        await eventually(raised)
    finally:
        stop.set()
        await running


async def test_topics_are_held_against_how_they_were_declared(site: Site, topics: NewTopics) -> None:
    made = await topics(2)
    names = Topics(made.prefix)
    judge = Judge(site.pool, site.clock, Watched(broker=made.broker_of("reporting"), topics=names, shards=2))

    async def seen() -> dict[str, str] | None:
        """What is said of topics; None while the broker has not learnt of the user's rights."""
        verdict = await judge.judge()
        told = {each.what: each.message.en for each in verdict.conditions if each.kind == "topic.changed"}
        return told if (None, "topic.changed") in verdict.known else None

    async def says(wanted: dict[str, str]) -> None:
        async def holds() -> bool:
            return await seen() == wanted

        await eventually(holds)

    await says({})
    admin = await connect(made.broker)
    resource = ConfigResource(ConfigResourceType.TOPIC, made.of("activity"), {"retention.ms": "1000"})
    try:
        await admin.alter_configs([resource])
    finally:
        await admin.close()
    changed = {made.of("activity"): f"Topic {made.of('activity')} is not set as declared: retention.ms = 1000 (-1)"}
    await says(changed)


async def test_a_broker_that_is_away_is_told_and_its_topics_are_not_judged(site: Site) -> None:
    judge = Judge(site.pool, site.clock, Watched(broker=Broker("127.0.0.1:1")))
    verdict = await judge.judge()
    assert "broker.unreachable" in {each.kind for each in verdict.conditions}
    assert (None, "topic.changed") not in verdict.known


async def test_of_several_processes_one_judges_and_another_goes_on_after_it(watch: Watch) -> None:
    watch.lose_the_chair()
    watch.log.at(DAY)
    await watch.now()
    second = Alarms(watch.store, watch.site.pool, Judge(watch.site.pool, watch.site.clock, Watched()), every=0.05)
    first_stop, second_stop = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(watch.alarms.run(first_stop))
    await eventually(lambda: len(watch.hook.told) == 1)
    other = asyncio.create_task(second.run(second_stop))
    try:
        assert metric("obec_alarms", kind="committee.without_chair", state="raised") == 1
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1"
        assert await watch.site.pool.fetchval(locks, LEADING) == 1
        first_stop.set()
        await first
        watch.log.void(watch.log.sent[-1])
        await watch.site.project(watch.log)

        async def cleared() -> bool:
            return await watch.states() == {}

        await eventually(cleared)
    finally:
        first_stop.set()
        second_stop.set()
        await asyncio.gather(first, other)
    assert metric("obec_alarms", kind="committee.without_chair", state="raised") is None
    assert len(await watch.store.history(NO_CHAIR)) == 2


def metric(name: str, **labels: str) -> float | None:
    """What Prometheus would be told."""
    return REGISTRY.get_sample_value(name, labels)


async def test_alarms_are_for_operators_alone(watch: Watch) -> None:
    watch.lose_the_chair()
    await watch.now(DAY)
    for path in ("acknowledge", "silence"):
        body = {"reason": "x", "until": "2099-01-01T00:00:00Z"}
        await refused(watch.officer.post(f"/v1/ops/alarms/{NO_CHAIR}/{path}", json=body), 403, "auth.forbidden")
        await refused(watch.public.post(f"/v1/ops/alarms/{NO_CHAIR}/{path}", json=body), 401, "auth.required")
    await refused(watch.officer.get("/v1/ops/alarms"), 403, "auth.forbidden")
    await refused(watch.public.get("/v1/ops/alarms"), 401, "auth.required")


async def test_what_cannot_be_done_is_refused(watch: Watch) -> None:
    left = watch.lose_the_chair()
    await watch.now(DAY)
    here, ask = f"/v1/ops/alarms/{NO_CHAIR}", watch.operator.post
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await refused(ask(f"{here}/acknowledge", json={}), 422, "ops.reason_missing")
    await refused(ask(f"{here}/acknowledge", json={"reason": "  "}), 422, "request.invalid")
    await refused(ask(f"{here}/acknowledge", json={"reason": "a\u0000b"}), 422, "request.invalid")
    await refused(ask(f"{here}/acknowledge", json={"reason": "x", "until": soon}), 422, "request.invalid")
    await refused(ask(f"{here}/acknowledge", content=b"{"), 400, "request.not_json")
    await refused(ask(f"{here}/silence", json={"reason": "x"}), 422, "request.invalid")
    await refused(ask(f"{here}/silence", json={"reason": "x", "until": "soon"}), 422, "request.invalid")
    for until in ("2017-01-01T00:00:00Z", "2199-01-01T00:00:00Z"):
        body = {"reason": "x", "until": until}
        await refused(ask(f"{here}/silence", json=body), 422, "alarm.silence_out_of_range")
    for other in (f"alarm:{PROGRAMME}:committee.without_chair:R08", f"report:{PROGRAMME}:1", "x", "a%00b", "ก" * 400):
        await refused(ask(f"/v1/ops/alarms/{other}/acknowledge", json={"reason": "x"}), 404, "alarm.not_found")
    await refused(watch.operator.get("/v1/ops/alarms?cleared=x"), 400, "query.unreadable")
    watch.log.void(left)
    await watch.now()
    await refused(ask(f"{here}/acknowledge", json={"reason": "x"}), 409, "alarm.not_open")
    assert await watch.site.pool.fetchval("SELECT count(*) FROM operator_audit") == 0


async def test_a_silence_may_be_told_in_the_buddhist_era(watch: Watch) -> None:
    watch.lose_the_chair()
    await watch.now(DAY)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    await watch.say("silence", until=f"{until.year + 543}-{until:%m-%dT%H:%M:%S}Z")
    [told] = (await watch.asked())["open"]
    assert datetime.fromisoformat(told["silenced"]["until"]) == until


async def test_services_are_asked_how_they_are_and_those_that_do_not_answer_clear_nothing(site: Site) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "activity":
            raise httpx.ConnectError("refused")
        if request.url.path == "/livez":
            return httpx.Response(502 if request.url.host == "evaluation" else 200)
        assert request.headers["authorization"] == "Bearer token"
        if request.url.host == "evaluation":
            return httpx.Response(200, text="<p>It works!</p>")
        if request.url.path == "/v1/ops/parked":
            return httpx.Response(200, json={"causes": [{"consumer": "committee.ingress", "count": 2}], "parked": []})
        relay = {"shard": 0, "verdict": "stopped"}
        return httpx.Response(200, json={"roles": [], "relays": [relay], "consumers": []})

    urls = {each: f"http://{each}" for each in ("committee", "activity", "evaluation")}
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        judge = Judge(site.pool, site.clock, Watched(others=Others(urls, client, "token")))
        verdict = await judge.judge()
        quiet = await Judge(site.pool, site.clock, Watched(others=Others(urls, client))).judge()

    found = {f"{each.kind} {each.what}" for each in verdict.conditions}
    assert found >= {
        "service.unreachable activity",
        "service.unreachable evaluation",
        "consumer.parked committee:committee.ingress",
        "relay.not_moving committee:0",
    }
    assert {(None, "relay.not_moving"), (None, "consumer.parked")}.isdisjoint(verdict.known)
    assert {each.kind for each in quiet.conditions} == {"service.unreachable"}


@pytest.mark.parametrize("answer", [httpx.Response(401, json={}), httpx.Response(200, text="<p>It works!</p>")])
async def test_a_service_that_does_not_tell_how_it_is_rings_until_it_does(site: Site, answer: httpx.Response) -> None:
    told = httpx.Response(200, json={"roles": [], "relays": [], "consumers": [], "causes": []})
    untold = {"committee": answer, "activity": told}

    def answers(request: httpx.Request) -> httpx.Response:
        return told if request.url.path == "/livez" else untold[request.url.host]

    async with httpx.AsyncClient(transport=httpx.MockTransport(answers)) as client:
        others = Others({each: f"http://{each}" for each in untold}, client, "token")
        judge = Judge(site.pool, site.clock, Watched(others=others))
        assert [each.what for each in (await judge.judge()).conditions if each.kind == "service.untold"] == [
            "committee"
        ]
        untold["committee"] = told
        mended = await judge.judge()
    assert not [each for each in mended.conditions if each.kind == "service.untold"]
    assert mended.covers(None, "service.untold")


async def test_the_monitor_tells_whom_its_settings_name(
    database: NewDatabase, topics: NewTopics, tmp_path: Path
) -> None:
    reporting, made = await database("reporting"), await topics()
    with listening() as hook:
        environment = {
            **environment_of(reporting),
            **made.broker_of("reporting").environment(),
            "OBEC_TOPIC_PREFIX": made.prefix,
            "OBEC_ALARM_SECONDS": "0.2",
            "OBEC_ALARM_WEBHOOK": hook.url,
            "OBEC_ALARM_WEBHOOK_SECRET": SECRET,
            **{f"OBEC_{service}_PORT": str(free_port()) for service in ("COMMITTEE", "ACTIVITY", "EVALUATION")},
        }
        with process("reporting", environment, tmp_path / "monitor.log", "monitor") as monitor:
            alarms = {f"alarm:system:service.unreachable:{each}" for each in ("committee", "activity", "evaluation")}
            await eventually(lambda: alarms <= {alarm for _, alarm in hook.news()}, seconds=30)
            monitor.signal(signal.SIGTERM)
            assert await monitor.ended() == 0, monitor.lines
    assert "topic.changed" not in {each["data"]["kind"] for each in hook.told}
