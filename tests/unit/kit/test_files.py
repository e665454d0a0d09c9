"""Files of events: JSON Lines as they are, CSV by a mapping; what is wrong is said with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize("text", [CSV, '{\n "id": "1",\n "source": "/s"\n}', '[{"id":"1","source":"/s"}]'])
def test_what_stands_in_lines_otherwise_is_told_what_a_line_is(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadFile, match=r"line 1: .* one JSON object on a line of its own"):
        list(events_of(written(tmp_path, "events.jsonl", text)))


def test_lines_in_another_encoding_are_refused_as_such(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    for encoding in ("utf-16", "tis-620"):
        file.write_bytes('{"id":"ก","source":"/s"}'.encode(encoding))
        with pytest.raises(BadFile, match="is not UTF-8"):
            list(events_of(file))


def test_columns_parted_by_something_else_are_seen_in_what_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="there is no column กิจกรรม; what commas part is: เลขที่;กิจกรรม;"):
        rows(tmp_path, CSV.replace(",", ";"))


def test_a_number_that_is_none_is_named_with_its_place_and_no_word_of_the_language(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="line 2: “125,000”, meant for amount_satang, is no whole number") as refused:
        rows(tmp_path, CSV.replace("125000", '"125,000"'))
    assert "int()" not in str(refused.value)


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


def rows(folder: Path, text: str) -> list[dict[str, Any]]:
    return list(events_of(written(folder, "paid.csv", text), Mapped.read(written(folder, "map.toml", MAPPING))))


def test_a_value_with_a_comma_that_nobody_quoted_moves_no_other(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="line 2: more values than columns"):
        rows(tmp_path, CSV.replace("125000", "125,000"))


def test_a_quote_that_does_not_end_swallows_no_rows(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="unexpected end of data"):
        rows(tmp_path, CSV.replace("ขบ 1/2560", '"ขบ 1/2560'))


def test_rows_in_which_nothing_stands_are_left_out(tmp_path: Path) -> None:
    assert len(rows(tmp_path, CSV + "\n,,,,\n , ,,,,\n")) == 2


def test_a_row_without_an_id_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="line 3: its id is empty"):
        rows(tmp_path, CSV.replace("ขบ 2/2560", " "))


def test_the_line_that_is_named_is_the_file_s(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="line 5"):
        rows(tmp_path, CSV.replace("ขบ 1/2560", '"ขบ\n1/2560"').replace("\nขบ 2", "\n\nขบ 2").replace(",5,", ",ห้า,"))


@pytest.mark.parametrize(
    "line",
    ["id = 5", 'data = "all"', "numbers = 5", 'id = "{เลขที่.x}"', 'id = "{0}"', '["data"]\n"a" = "x"\n"a.b" = "y"'],
)
def test_a_mapping_that_makes_no_events_is_said_to_be_one(tmp_path: Path, line: str) -> None:
    kept = {"source": '"/s"', "type": '"MeetingHeld"', "id": '"{เลขที่}"'}
    name = line.partition(" =")[0]
    data = "" if "data" in line else "\n[data]"
    head = "".join(f"{key} = {value}\n" for key, value in kept.items() if key != name)
    text = head + line + data
    with pytest.raises(BadFile):
        list(events_of(written(tmp_path, "paid.csv", CSV), Mapped.read(written(tmp_path, "map.toml", text))))


def test_the_mark_that_some_editors_put_first_is_passed_over(tmp_path: Path) -> None:
    line = '\ufeff{"id":"1","source":"/ext/a/b"}\n'
    assert [each["id"] for each in events_of(written(tmp_path, "events.jsonl", line))] == ["1"]
    assert Mapped.read(written(tmp_path, "map.toml", "\ufeff" + MAPPING)).source == "/ext/fiscal/gfmis"


def test_an_id_is_a_text(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="line 1"):
        list(events_of(written(tmp_path, "events.jsonl", '{"id":["1"],"source":"/ext/a/b"}')))
