"""Editions of a programme's report as they stand: read from the event store, and commanded by programs and forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.reporting.asking import Desk, Wanted
from services.reporting.documents.archive import Archive
from services.reporting.documents.publishing import Publishing, Renderer, Reproduction
from services.reporting.report import (
    REPORT,
    ApproveReport,
    DraftReport,
    PublishFrozenReport,
    PublishReport,
    Report,
    ReturnReport,
    Status,
    SubmitReport,
    publishable,
    report_stream,
)
from shared.contracts import Command, Recorded, Rejected, require
from shared.contracts.reporting import Digest, FrozenPosition, PublishedFile, ReportPublished
from shared.eventstore.append import Answer
from shared.eventstore.commands import CommandHandler
from shared.eventstore.history import fold, living
from shared.eventstore.store import EventStore
from shared.web.auth import Caller
from shared.web.collection import APPROVER, Collection, Lookup
from shared.web.commanding import CREATE, Came, Door

LARGEST_EDITION = 999


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of a programme's report, for lists; what a publication says is empty before there is one."""

    programme: str
    edition: int
    stream: str
    version: int
    """Of its stream, for If-Match."""
    status: Status
    title: str
    corrects: int | None
    changes: str | None
    drafted_at: datetime
    """When its newest draft was recorded."""
    published_at: datetime | None = None
    reason: str | None = None
    """Why it was returned, if it is."""
    at: datetime | None = None
    """When what is due was judged."""
    content_hash: str | None = None
    positions: tuple[FrozenPosition, ...] = ()
    digests: tuple[Digest, ...] = ()
    files: tuple[PublishedFile, ...] = ()


class Reports:
    """The reports of every programme."""

    def __init__(self, desk: Desk, store: EventStore, renderer: Renderer | None = None) -> None:
        self._desk, self.store = desk, store
        self._archive = Archive(desk.pool)
        self.publishing = Publishing(desk, self._archive, renderer or Renderer())
        self.handler = CommandHandler(store, [REPORT])
        self.collection = Collection(
            "reports",
            REPORT,
            DraftReport,
            {"submit": SubmitReport, "return": ReturnReport, "approve": ApproveReport, "publish": PublishReport},
            locate=self._of_known_programme,
            roles={"return": APPROVER, "approve": APPROVER, "publish": APPROVER},
            prepared={"publish": self._frozen},
        )
        commands: Mapping[str, type[Command]] = {CREATE: DraftReport, **self.collection.verbs}
        self._doors = {
            verb: Door(self.handler, "reporting", self.collection, model, verb) for verb, model in commands.items()
        }

    async def command(
        self,
        person: Caller,
        stream: str | None,
        verb: str,
        body: Mapping[str, Any],
        key: str,
        version: int | None = None,
    ) -> Answer:
        """Have a person's command carried out as over HTTP: what a form sends goes through the same door.

        ``verb``: create (``stream`` None), submit, return, approve, publish; ``body``: its fields as JSON; ``key``: its
        idempotency key; ``version``: what the stream must be at. Raises Rejected (also ``auth.forbidden``), Invalid,
        OtherContent, StoreUnavailable.
        """
        door = self._doors[verb]
        if person.roles.isdisjoint(door.roles):
            raise Rejected("auth.forbidden", roles=", ".join(sorted(door.roles)))
        path = f"/v1/{self.collection.name}"
        if stream is not None:
            self.collection.owns(stream)
            path = f"{path}/{stream}/{verb}"
        headers = {"idempotency-key": key, **({} if version is None else {"if-match": f'"{version}"'})}
        return await door.take(person, stream, Came(path, dict(body), headers))

    async def editions(self, programme: str, *, drafts: bool) -> list[Edition]:
        """Editions in order, with or without those that are not published. Raises Rejected ``programme.unknown``."""
        await self._require_programme(programme)
        histories = await self.store.histories(f"report:{programme}:")
        found = [each for each in map(edition_of, histories.values()) if each is not None]
        return sorted(
            (each for each in found if drafts or each.status is Status.PUBLISHED), key=lambda each: each.edition
        )

    async def edition(self, programme: str, edition: int, *, drafts: bool) -> Edition:
        """One edition. Raises Rejected ``report.not_found``."""
        found = edition_of(await self._history(programme, edition))
        if found is None or not (drafts or found.status is Status.PUBLISHED):
            raise Rejected("report.not_found", programme=programme[:100], edition=edition)
        return found

    async def report(self, programme: str, edition: int) -> Report:
        """The state of one edition, with its text. Raises Rejected ``report.not_found``."""
        history = await self._history(programme, edition)
        require(history, "report.not_found", programme=programme[:100], edition=edition)
        return fold(REPORT, history)

    async def file(self, programme: str, edition: int, name: str) -> PublishedFile:
        """What a published edition says of one of its files. Raises Rejected ``report.*``."""
        published = await self._published(programme, edition)
        found = next((each for each in published.files if each.name == name), None)
        if found is None:
            raise Rejected("report.no_such_file", name=name[:100])
        return found

    async def bytes_of(self, programme: str, edition: int, file: PublishedFile) -> bytes:
        """The file as it was published. Raises Rejected ``report.archive_damaged``."""
        return await self._archive.file(programme, edition, file.name, file.sha256)

    async def reproduced(self, programme: str, edition: int) -> Reproduction:
        """A published edition made again from its frozen positions, and compared. Raises Rejected ``report.*``."""
        published = await self._published(programme, edition)
        draft = (await self.report(programme, edition)).drafted()
        return await self.publishing.again(draft, published)

    async def _history(self, programme: str, edition: int) -> list[Recorded]:
        """Events of an edition; none where the name cannot be one of a stream."""
        return await self.store.history(report_stream(programme, edition)) if programme.isprintable() else []

    async def _published(self, programme: str, edition: int) -> ReportPublished:
        published = (await self.report(programme, edition)).published
        if published is None:
            raise Rejected("report.not_published", edition=edition)
        return published

    async def _of_known_programme(self, command: DraftReport, _lookup: Lookup) -> str:
        await self._require_programme(command.programme)
        return command.stream()

    async def _require_programme(self, programme: str) -> None:
        """Reporting knows programmes from its views."""
        require(programme.isprintable(), "programme.unknown", programme=repr(programme[:100]))
        await self._desk.ask(programme, {}, Wanted("completeness"))

    async def _frozen(self, stream: str, _command: PublishReport) -> Command:
        """What is published of an approved report; of one that is published, what was: it is not made again."""
        report = fold(REPORT, await self.store.history(stream))
        published = report.published
        if published is not None and published.at is not None:
            return PublishFrozenReport(
                draft=report.drafted(),
                positions=published.positions,
                at=published.at,
                digests=published.digests,
                content_hash=published.content_hash,
                files=published.files,
            )
        return await self.publishing.frozen(publishable(report))


def edition_of(history: Sequence[Recorded]) -> Edition | None:
    """An edition as its events tell it; None when they were all voided."""
    report = fold(REPORT, history)
    if report.draft is None:
        return None
    recorded = {type(each.event): each.recorded_at for each in living(history)}
    draft, published = report.draft, report.published
    edition = Edition(
        draft.programme,
        draft.edition,
        report_stream(draft.programme, draft.edition),
        len(history),
        report.status,
        draft.title,
        draft.corrects,
        draft.changes,
        recorded[type(draft)],
        reason=report.returned.reason if report.returned else None,
    )
    if published is None:
        return edition
    return replace(
        edition,
        published_at=recorded[type(published)],
        at=published.at,
        content_hash=published.content_hash,
        positions=published.positions,
        digests=published.digests,
        files=published.files,
    )
