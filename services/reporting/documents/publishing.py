"""Making what a report is published as: its figures frozen, its content and files kept; and making them again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.reporting.asking import Desk, Wanted
from services.reporting.documents.archive import Archive, sha256
from services.reporting.documents.content import Content, canonical, content_of
from services.reporting.documents.digests import RENDERER, digests, of_content
from services.reporting.documents.rendering import File, render, renderer_digest
from services.reporting.queries.asked import Frozen
from services.reporting.queries.history import Position
from services.reporting.report import PublishFrozenReport
from shared.contracts import Rejected
from shared.contracts.reporting import Digest, FrozenPosition, PublishedFile, ReportDrafted, ReportPublished

VIEWS = (
    "national",
    "regions",
    "committees",
    "indicators",
    "activities",
    "recommendations",
    "budget",
    "document",
)
"""What the content is made of."""

Compared = Literal["same", "differs"]
Verdict = Literal["same", "same content, other renderer", "differs"]
Kept = Literal["whole", "damaged"]


@dataclass(frozen=True, slots=True)
class Renderer:
    """Makes files of a content, by name; ``digest`` is another one whenever they might come out otherwise."""

    render: Callable[[Content], Mapping[str, File]] = render
    digest: Callable[[], str] = renderer_digest


@dataclass(frozen=True, slots=True)
class Made:
    """An edition as it was made: its content in canonical form, and its files."""

    content: bytes
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Again:
    """How a published file compares with the one that was made again; ``archive`` tells of the one that was kept."""

    name: str
    sha256: str
    made_again: Compared
    archive: Kept


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What became of making a published report again from its frozen positions."""

    programme: str
    edition: int
    verdict: Verdict
    content: Compared
    content_hash: str
    """Of what was published."""
    archive: Kept
    """Of the content that was kept."""
    renderer: Literal["same", "other"]
    digests: Mapping[str, Compared]
    """By what was hashed: whether it is now what it was."""
    files: tuple[Again, ...]


@dataclass(frozen=True)
class Publishing:
    """Freezes, makes and keeps reports. One is made at a time: rendering takes a processor for seconds."""

    desk: Desk
    archive: Archive
    renderer: Renderer = Renderer()
    _one: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def frozen(self, draft: ReportDrafted) -> PublishFrozenReport:
        """The command that publishes a draft with the figures of now; all that it names is in the archive by then.

        Raises Rejected ``programme.unknown``.
        """
        seen = await self.desk.ask(draft.programme, {}, Wanted("national"))
        frozen = Frozen(tuple(seen.meta["positions"]), seen.meta["at"])
        known = digests(seen.parts[0]["programme"]["digest"], self.renderer.digest())
        made = await self._made(draft, frozen, known)
        await self.archive.keep(draft.programme, draft.edition, made.content, made.files)
        return PublishFrozenReport(
            draft=draft,
            positions=tuple(
                FrozenPosition(store=each.store, shard=each.shard, position=each.position) for each in frozen.positions
            ),
            at=frozen.at,
            digests=tuple(Digest(of=of, sha256=digest) for of, digest in known.items()),
            content_hash=sha256(made.content),
            files=tuple(
                PublishedFile(name=each.name, media_type=each.media_type, sha256=sha256(each.body), size=len(each.body))
                for each in made.files
            ),
        )

    async def again(self, draft: ReportDrafted, published: ReportPublished) -> Reproduction:
        """Make a published report again from the positions that it names, and compare.

        The content tells the digests that it was published with, and they are compared with those of now: so the
        content differs only when a figure does. Raises Rejected ``report.not_reproducible``.
        """
        if published.at is None:
            raise Rejected("report.not_reproducible", edition=published.edition)
        positions = tuple(Position(each.store, each.shard, each.position) for each in published.positions)
        known = {each.of: each.sha256 for each in published.digests}
        frozen = Frozen(positions, published.at)
        made = await self._made(draft, frozen, known)
        seen = await self.desk.frozen(draft.programme, frozen, Wanted("national"))
        now = digests(seen.parts[0]["programme"]["digest"], self.renderer.digest())
        content = _compared(sha256(made.content) == published.content_hash)
        hashes = {each.name: sha256(each.body) for each in made.files}
        files = [await self._again(published, each, hashes.get(each.name)) for each in published.files]
        same_files = all(each.made_again == "same" for each in files)
        same_renderer = known.get(RENDERER) == now[RENDERER]
        return Reproduction(
            draft.programme,
            draft.edition,
            _verdict(content, same_files=same_files, same_renderer=same_renderer),
            content,
            published.content_hash,
            await self._kept(published),
            "same" if same_renderer else "other",
            {of: _compared(now.get(of) == digest) for of, digest in known.items()},
            tuple(files),
        )

    async def _made(self, draft: ReportDrafted, frozen: Frozen, known: Mapping[str, str]) -> Made:
        answers = await self.desk.frozen(draft.programme, frozen, *map(Wanted, VIEWS))
        content = content_of(
            **dict(zip(VIEWS, answers.parts, strict=True)),
            meta=answers.meta,
            edition=draft.edition,
            title=draft.title,
            text=draft.text,
            digests=of_content(known),
            corrects=draft.corrects,
            changes=draft.changes,
        )
        async with self._one:
            files = await asyncio.to_thread(self.renderer.render, content)
        return Made(canonical(content), tuple(files.values()))

    async def _again(self, published: ReportPublished, file: PublishedFile, made: str | None) -> Again:
        try:
            await self.archive.file(published.programme, published.edition, file.name, file.sha256)
        except Rejected:
            return Again(file.name, file.sha256, _compared(made == file.sha256), "damaged")
        return Again(file.name, file.sha256, _compared(made == file.sha256), "whole")

    async def _kept(self, published: ReportPublished) -> Kept:
        try:
            await self.archive.content(published.programme, published.edition, published.content_hash)
        except Rejected:
            return "damaged"
        return "whole"


def _verdict(content: Compared, *, same_files: bool, same_renderer: bool) -> Verdict:
    """Files may differ only where another renderer made them."""
    if content == "differs" or (same_renderer and not same_files):
        return "differs"
    return "same" if same_files else "same content, other renderer"


def _compared(same: bool) -> Compared:
    return "same" if same else "differs"
