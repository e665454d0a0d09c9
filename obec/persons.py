"""The commands about persons: erasing one, with a certificate of every place and how it was checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from deploy.local.errors import StackError
from obec.asking import PATIENT_SECONDS, order
from obec.local import home
from obec.ops.telling import AsJson, Reason, Typed, confirmed, decided, reasoned, told_in_one_line
from obec.output import console, table

MANIFEST = "manifest.json"
"""Which a backup's folder has."""

app = typer.Typer(help="The person register.")


@app.callback()
def persons() -> None:
    """The person register."""


@app.command()
@told_in_one_line
def erase(
    person_id: Annotated[UUID, typer.Argument(help="The person's id.")],
    reason: Reason = "",
    yes: Typed = None,
    name: Annotated[
        list[str] | None, typer.Option(help="What else they are called; searched for and not kept. May be repeated.")
    ] = None,
    second: Annotated[
        str, typer.Option(metavar="PROPOSAL", help="Second what another operator proposed, with the same names.")
    ] = "",
    backups: Annotated[list[Path] | None, typer.Option(help="Folder that holds backups. May be repeated.")] = None,
    out: Annotated[Path | None, typer.Option(help="File for the certificate, as JSON.")] = None,
    as_json: AsJson = False,
) -> None:
    """Erase a person from all that was kept, and certify it place by place; exit code 1 unless it is complete."""
    target, names, held = str(person_id), name or [], _backups(backups or [])
    _require_place(out)
    told = _seconded(second, target, yes, names) if second else _asked(reason, target, yes, names)
    if "status" in told:
        decided(told, as_json)
        return
    logs = _logs(home() / "local" / "log", names)
    told |= {"logs": logs, "backups": held}
    told["complete"] = bool(told["complete"]) and not logs["found"]
    if as_json:
        console.print_json(json.dumps(told, ensure_ascii=False))
    else:
        _show(told)
    if out is not None:
        _write(out, told)
    if not told["complete"]:
        raise typer.Exit(1)


def _asked(reason: str, target: str, yes: str | None, names: Sequence[str]) -> dict[str, Any]:
    """The certificate, or what became of it where a second operator is needed."""
    body = {"reason": reasoned(reason), "typed": confirmed(yes, target), "names": names}
    told: dict[str, Any] = order("committee", f"ops/persons/{target}/erase", body, seconds=PATIENT_SECONDS)
    return told


def _seconded(proposal: str, target: str, yes: str | None, names: Sequence[str]) -> dict[str, Any]:
    """The certificate of what another operator proposed. Raises StackError, also for a proposal of something else."""
    body = {"typed": confirmed(yes, target), "names": names}
    told: dict[str, Any] = order("committee", f"ops/proposals/{proposal}/second", body, seconds=PATIENT_SECONDS)
    certificate: dict[str, Any] = told.get("certificate", told)
    return certificate


def _logs(folder: Path, names: Sequence[str]) -> dict[str, Any]:
    """How many log files of this machine there are, and in which of them a name that was given stands."""
    from shared.operating.forgetting import forms_of

    wanted = [form.encode() for form in forms_of(names)]
    files = sorted(path for path in folder.glob("*") if path.is_file())
    found = [path.name for path in files if wanted and any(text in path.read_bytes() for text in wanted)]
    return {"checked": len(files) if wanted else 0, "found": found}


def _backups(folders: Sequence[Path]) -> list[dict[str, Any]]:
    """Backups made before now, which still hold the name: until they are deleted, or are restored and erased again."""
    held = []
    for folder in folders:
        if not folder.is_dir():
            raise StackError(f"there is no folder {folder}")
        for manifest in sorted({*folder.glob(MANIFEST), *folder.glob(f"*/{MANIFEST}")}):
            made = datetime.fromtimestamp(manifest.stat().st_mtime, UTC).isoformat(timespec="seconds")
            held.append({"folder": str(manifest.parent), "made_at": made})
    return held


def _require_place(path: Path | None) -> None:
    """Say so before anybody is erased where a certificate cannot be kept. Raises StackError."""
    if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
        raise StackError(f"the certificate cannot be written: {path} is no place for a file")


def _write(path: Path, told: Mapping[str, Any]) -> None:
    try:
        path.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise StackError(f"the certificate cannot be written: {error}") from error


def _show(told: Mapping[str, Any]) -> None:
    rows = [
        (each["service"], place["place"], str(place["checked"]), str(place["removed"]), _still(place["found"]))
        for each in told["services"]
        for place in each["places"]
    ]
    logs = told["logs"]
    rows.append(("this machine", "log files", str(logs["checked"]), "0", _still(len(logs["found"]))))
    title = f"certificate of erasure of {told['person_id']}, {told['at']}"
    table(title, ("service", "place", "checked", "removed", "still named"), rows)
    for silent in told["silent"]:
        console.print(f"[red]{silent}[/] did not answer: run it again")
    if not told["searched"]:
        console.print("[yellow]no name was known to search for[/]: run it again with --name")
    for backup in told["backups"]:
        console.print(f"a backup of {backup['made_at']} holds what it held until it is deleted: {backup['folder']}")
    word = "[green]complete[/]" if told["complete"] else "[red]not complete[/]"
    console.print(f"{word}; pages show a name that they were told before for {told['caches_seconds']} s at most")


def _still(found: int) -> str:
    return f"[red]{found}[/]" if found else "[green]0[/]"
