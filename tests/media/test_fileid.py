"""File IDs: rules, and never a way out of the file-set. PS3.10 §8.2, §8.5."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dicomet.errors import DicomError
from dicomet.media.fileid import FileIDError, Resolver, problem_of


@pytest.mark.parametrize("file_id", [("A",), ("IM000001",), ("A_1", "B2", "C"), ("A",) * 8])
def test_ps310_8_2_eight_components_of_eight_characters(file_id: tuple[str, ...]) -> None:
    assert problem_of(file_id) == ""


@pytest.mark.parametrize(
    ("file_id", "word"),
    [
        ((), "empty"),
        (("",), "empty"),
        (("A", ""), "empty"),
        (("ABCDEFGHI",), "9 characters"),
        (("a",), "character other"),
        (("A.DCM",), "character other"),
        (("A B",), "character other"),
        (("Ä",), "character other"),
        (("A\n",), "character other"),
        (("A",) * 9, "9 components"),
    ],
)
def test_ps310_8_2_broken(file_id: tuple[str, ...], word: str) -> None:
    assert word in problem_of(file_id)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "medium"
    (folder / "PT1" / "Series").mkdir(parents=True)
    for name in (
        "PT1/IM1",
        "PT1/im2",
        "PT1/IM3.dcm",
        "PT1/IM4.;1",
        "PT1/IM5;1",
        "PT1/Series/IM6",
        "PT1/IM7.A",
        "PT1/IM7.B",
    ):
        (folder / name).write_bytes(b"x")
    (tmp_path / "secret").write_bytes(b"y")
    return folder


@pytest.mark.parametrize(
    ("file_id", "name"),
    [
        (("PT1", "IM1"), "PT1/IM1"),
        (("pt1", "im1"), "PT1/IM1"),
        (("PT1", "IM2"), "PT1/im2"),
        (("PT1", "IM3"), "PT1/IM3.dcm"),
        (("PT1", "IM4"), "PT1/IM4.;1"),
        (("PT1", "IM5"), "PT1/IM5;1"),
        (("PT1", "SERIES", "IM6"), "PT1/Series/IM6"),
        (("PT1", "IM7.A"), "PT1/IM7.A"),
    ],
)
def test_names_are_found_in_other_case_with_version_and_extension(
    root: Path, file_id: tuple[str, ...], name: str
) -> None:
    assert Resolver(str(root)).path_of(file_id) == str(root / name)


@pytest.mark.parametrize(
    "file_id",
    [
        (),
        ("..", "secret"),
        ("PT1", "..", "..", "secret"),
        ("../secret",),
        ("PT1/../../secret",),
        ("..\\secret",),
        ("/etc/passwd",),
        ("", "etc", "passwd"),
        (".",),
        (". ",),
        ("PT1",),  # a folder
        ("PT1", "IM1\0"),
        ("PT1", "IM7"),  # two are alike
        ("PT1", "NONE"),
        ("NONE", "IM1"),
        ("DICOMDIR",),
        ("dicomdir.",),
        ("A",) * 5000,
    ],
)
def test_nothing_leads_out_of_the_file_set(root: Path, file_id: tuple[str, ...]) -> None:
    (root / "DICOMDIR").write_bytes(b"")
    with pytest.raises(FileIDError) as error:
        Resolver(str(root)).path_of(file_id)
    assert isinstance(error.value, DicomError)


def test_links_are_followed_inside_and_refused_outside(root: Path, tmp_path: Path) -> None:
    (root / "IN").symlink_to(root / "PT1" / "IM1")
    (root / "OUT").symlink_to(tmp_path / "secret")
    (root / "FOLDER").symlink_to(tmp_path)
    (root / "GONE").symlink_to(tmp_path / "nothing")
    (root / "LOOP").symlink_to(root / "LOOP")
    resolver = Resolver(str(root))
    assert Path(resolver.path_of(("IN",))).read_bytes() == b"x"
    for file_id in (("OUT",), ("FOLDER", "secret"), ("FOLDER", "SECRET"), ("GONE",), ("LOOP",)):
        with pytest.raises(FileIDError):
            resolver.path_of(file_id)


def test_pipes_and_devices_are_no_files(root: Path) -> None:
    os.mkfifo(root / "PIPE")
    with pytest.raises(FileIDError):
        Resolver(str(root)).path_of(("PIPE",))


def test_file_id_of_a_path(root: Path, tmp_path: Path) -> None:
    resolver = Resolver(str(root))
    assert resolver.file_id_of(str(root / "PT1" / "IM1")) == ("PT1", "IM1")
    assert resolver.file_id_of(str(root / "PT1" / "im2")) is None
    assert resolver.file_id_of(str(tmp_path / "secret")) is None
    assert resolver.file_id_of(str(root / "DICOMDIR")) is None
    (tmp_path / "other").symlink_to(root)
    assert resolver.file_id_of(str(tmp_path / "other" / "PT1" / "IM1")) == ("PT1", "IM1")
