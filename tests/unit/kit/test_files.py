"""Files of events: JSON Lines as they are, CSV by a mapping; what is wrong is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.kit.files import BadFile, Mapped, events_of

MAPPING = """
source = "/ext/fiscal/gfmis"
type = "FundsDisbursed"
id = "{เลขที่}"
numbers = ["amount_satang"]

[data]
programme = "2560-cluster"
activity = "{กิจกรรม}"
region = "{เขต}"
amount_satang = "{สตางค์}"
paid_on = "{วันที่จ่าย}"
"voucher.number" = "{เลขที่}"
"voucher.unit" = "สพร."
carried_over = false
"""
CSV = "เลขที่,กิจกรรม,เขต,สตางค์,วันที่จ่าย\nขบ 1/2560,3,R07,125000,2560-02-01\nขบ 2/2560,3,,5,2560-02-02\n"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_rows_become_events_by_the_mapping(tmp_path: Path) -> None:
    mapped = Mapped.read(written(tmp_path, "map.toml", MAPPING))
    one, two = events_of(written(tmp_path, "paid.csv", "\ufeff" + CSV), mapped)
    assert one == {
        "specversion": "1.0",
        "id": "ขบ 1/2560",
        "source": "/ext/fiscal/gfmis",
        "type": "th.go.obec.cluster.FundsDisbursed.v1",
        "data": {
            "programme": "2560-cluster",
            "activity": "3",
            "region": "R07",
            "amount_satang": 125000,
            "paid_on": "2560-02-01",
            "voucher": {"number": "ขบ 1/2560", "unit": "สพร."},
            "carried_over": False,
        },
    }
    assert "region" not in two["data"]


def test_lines_are_taken_as_they_are(tmp_path: Path) -> None:
    lines = '{"id":"1","source":"/ext/a/b"}\n\n{"id":"2","source":"/ext/a/b"}'
    assert [each["id"] for each in events_of(written(tmp_path, "events.jsonl", lines))] == ["1", "2"]


@pytest.mark.parametrize("line", ["{", "[]", '"text"', '{"id":"1"}', '{"source":"/ext/a/b"}'])
def test_a_line_that_is_no_event_is_named(tmp_path: Path, line: str) -> None:
    file = written(tmp_path, "events.jsonl", f'{{"id":"1","source":"/s"}}\n{line}\n')
    with pytest.raises(BadFile, match="line 2"):
        list(events_of(file))


def test_a_row_that_does_not_fit_is_named(tmp_path: Path) -> None:
    mapped = Mapped.read(written(tmp_path, "map.toml", MAPPING))
    with pytest.raises(BadFile, match="line 2: there is no column เขต"):
        list(events_of(written(tmp_path, "other.csv", CSV.replace("เขต", "ภาค")), mapped))
    with pytest.raises(BadFile, match="line 3"):
        list(events_of(written(tmp_path, "odd.csv", CSV.replace(",5,", ",ห้า,")), mapped))


@pytest.mark.parametrize("text", ["source = ", 'source = "/ext/a/b"', "\ufffe"])
def test_a_mapping_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadFile):
        Mapped.read(written(tmp_path, "map.toml", text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="No such file"):
        list(events_of(tmp_path / "none.jsonl"))
    with pytest.raises(BadFile, match="No such file"):
        Mapped.read(tmp_path / "none.toml")


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "old.csv"
    file.write_bytes("เลขที่\n".encode("tis-620"))
    with pytest.raises(BadFile, match="UTF-8"):
        list(events_of(file, Mapped("/s", "MeetingHeld", "{a}", {})))
