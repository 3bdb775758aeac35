"""Folders to files: order, links, loops, what is left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dicomet.bulk.walk import walk_entries, walk_files


def names(root: Path) -> list[str]:
    return [os.path.relpath(file.path, root) for file in walk_files(root)]


def test_order_is_by_name_and_depth_first(tmp_path: Path) -> None:
    for name in ("b/2", "b/10", "a.dcm", "c", "b/a/x", ".hidden"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * len(name))
    assert names(tmp_path) == [".hidden", "a.dcm", "b/10", "b/2", "b/a/x", "c"]


def test_size_and_time_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    os.utime(tmp_path / "a", ns=(0, 1_500_000_000_123_456_000))
    (tmp_path / "b").symlink_to("a")
    found = list(walk_files(tmp_path))
    assert [(f.size, f.mtime_ns) for f in found] == [(5, 1_500_000_000_123_456_000)] * 2


def test_loops_of_links_end_and_every_folder_comes_once(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a" / "b", target_is_directory=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"")
    assert len(names(tmp_path)) == 1


def test_pipes_are_left_out_and_broken_links_kept(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "broken").symlink_to("nowhere")
    found = list(walk_files(tmp_path))
    assert [(os.path.basename(f.path), f.size, f.mtime_ns) for f in found] == [("broken", -1, -1)]


def test_a_folder_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    errors: list[OSError] = []
    assert list(walk_entries(tmp_path / "missing", errors.append)) == []
    assert [error.filename for error in errors] == [str(tmp_path / "missing")]
    assert list(walk_entries(tmp_path / "missing")) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every folder")
def test_a_forbidden_folder_is_reported_and_the_rest_comes(tmp_path: Path) -> None:
    (tmp_path / "no").mkdir(mode=0)
    (tmp_path / "yes").write_bytes(b"")
    errors: list[OSError] = []
    assert len(list(walk_entries(tmp_path, errors.append))) == 1
    assert len(errors) == 1


def test_walk_is_lazy(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}").mkdir()
        (tmp_path / f"{i}" / "file").write_bytes(b"")
    entries = walk_entries(tmp_path)
    assert next(entries).path.endswith("0/file")
    (tmp_path / "2" / "file").unlink()
    assert len(list(entries)) == 1
