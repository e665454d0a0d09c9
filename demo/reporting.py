"""The year's report: drafted and handed in by the bureau, approved and published by another, its files fetched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from demo.client import Offices
from demo.example import PROGRAMME

TITLE = "รายงานผลการดำเนินงานแบบ CLUSTER ปีงบประมาณ พ.ศ. 2560 (ตัวอย่าง ข้อมูลจำลอง)"
TEXT = (
    "รายงานฉบับนี้จัดทำจากข้อมูลจำลองเพื่อการสาธิตเท่านั้น ตัวเลขทุกตัวเป็นตัวอย่าง ไม่ใช่ผลการดำเนินงานจริง\n\n"
    "This report is made of simulated data, for demonstration only; every figure is an example."
)
FILES = ("report-th.pdf", "report.xlsx")
"""What is written to the disk."""
PATH = f"/v1/programmes/{PROGRAMME}/reports"


async def publish_report(offices: Offices, edition: int = 1) -> str:
    """Publish the next edition with the figures of now; returns its stream. Raises DemoFailed."""
    body = {"programme": PROGRAMME, "edition": edition, "title": TITLE, "text": TEXT}
    stream = (await offices.send("reporting", "reports", body)).stream
    await offices.send("reporting", f"reports/{stream}/submit", {})
    for verb in ("approve", "publish"):
        await offices.send("reporting", f"reports/{stream}/{verb}", {}, user="approver")
    return stream


async def fetch_report(offices: Offices, folder: Path, edition: int = 1) -> Sequence[Path]:
    """Write the files of a published edition into a folder, which is made; returns their paths. Raises DemoFailed."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in FILES:
        path = folder / name
        path.write_bytes((await offices.look(f"{PATH}/{edition}/files/{name}")).content)
        written.append(path)
    return written
