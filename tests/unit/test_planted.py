"""Every defect that can be planted still has its one place in the code, and the test that it must turn red."""

from __future__ import annotations

from deploy.local.supervisor import ROOT
from tests.planted.__main__ import with_defect
from tests.planted.defects import DEFECTS


def test_every_defect_has_its_one_place() -> None:
    for defect in DEFECTS:
        kept = (ROOT / defect.file).read_text("utf-8")
        assert with_defect(defect, kept) != kept, defect.name


def test_what_a_defect_makes_of_the_code_can_still_be_run() -> None:
    """A defect that is no Python any more is found by every test, and shows nothing."""
    for defect in DEFECTS:
        if defect.file.endswith(".py"):
            compile(with_defect(defect, (ROOT / defect.file).read_text("utf-8")), defect.name, "exec")


def test_every_defect_names_a_test_that_is_there() -> None:
    for defect in DEFECTS:
        file, _, test = defect.test.partition("::")
        assert f"def {test.partition('[')[0]}(" in (ROOT / file).read_text("utf-8"), defect.name


def test_defects_have_names_of_their_own() -> None:
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS)
