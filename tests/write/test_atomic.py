"""A target is the old file or the new one, whole, whatever happens while it is written."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from build import LE
from saving import made, read, sop

from dicomet import Dataset, dcmread

SAVES_IN_A_LOOP = """
import sys
import dicomet
from dicomet.uids import UID
target, source = sys.argv[1:]
ds = dicomet.dcmread(source)
for i in range(10**9):
    ds.PatientID = f"save {i}"
    ds.PatientComments = "x" * (i % 7 * 1000)
    ds.save_as(target, sync=i % 5 == 0)
    if i == 0:
        print("begun", flush=True)
"""


def large(nbytes: int = 2_000_000) -> Dataset:
    return read(sop(LE) + LE.element(0x7FE00010, "OB", bytes(range(250)) * (nbytes // 250)))


@pytest.mark.parametrize("onto_itself", [False, True])
def test_a_process_that_is_killed_tears_nothing(tmp_path: Path, onto_itself: bool) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    large().save_as(source)
    pixels = dcmread(source).PixelData
    seen = set()
    for i in range(12):
        command = [sys.executable, "-c", SAVES_IN_A_LOOP, str(target), str(target if onto_itself and i else source)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.003 * i)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        ds = dcmread(target)
        assert ds.PixelData == pixels
        assert ds.PatientID.startswith("save ")
        assert not ds.findings
        seen.add(str(ds.PatientID))
        left = [p for p in tmp_path.iterdir() if p.name not in ("source", "target")]
        assert all(p.name.startswith(".dicomet-") for p in left)
        assert len(left) <= i + 1  # one a killed process at most
    assert len(seen) > 1


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 1 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "dicomet-test", str(folder)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no file system can be mounted")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_what_was_there(full_disk: Path) -> None:
    target = full_disk / "target"
    made(PatientID="old").save_as(target)
    before = target.read_bytes()
    for options in ({}, {"transfer_syntax": "1.2.840.10008.1.2.2"}, {"transfer_syntax": "1.2.840.10008.1.2"}):
        with pytest.raises(OSError, match="space") as caught:
            large().save_as(target, **options)
        assert caught.value.errno == errno.ENOSPC
        assert caught.value.filename == str(target)
        assert target.read_bytes() == before
        assert [p.name for p in full_disk.iterdir()] == ["target"]
    made(PatientID="new").save_as(target)
    assert dcmread(target).PatientID == "new"


def test_a_full_disk_while_a_mapped_file_is_copied(full_disk: Path, tmp_path: Path) -> None:
    large().save_as(tmp_path / "source")
    ds = dcmread(tmp_path / "source")
    ds.PatientID = "edited"
    with pytest.raises(OSError, match="space"):
        ds.save_as(full_disk / "target")
    assert list(full_disk.iterdir()) == []


def test_a_limit_of_the_size_of_files(tmp_path: Path) -> None:
    """As a full disk, where nothing can be mounted."""
    target = tmp_path / "target"
    made(PatientID="old").save_as(target)
    before = target.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, limits[1]))
        with pytest.raises(OSError, match="large") as caught:
            large().save_as(target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(target)
    assert target.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["target"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_device_without_room() -> None:
    with pytest.raises(OSError, match="space") as caught:
        large().save_as("/dev/full")
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    target = tmp_path / "target"
    made(PatientID="old").save_as(target)
    before = target.read_bytes()
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(PermissionError):
            made().save_as(target)
    finally:
        tmp_path.chmod(0o755)
    assert target.read_bytes() == before


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o400, 0o755, 0o666])
def test_permissions_stay(tmp_path: Path, mode: int) -> None:
    target = tmp_path / "target"
    made().save_as(target)
    target.chmod(mode)
    made(PatientID="new").save_as(target)
    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert dcmread(target).PatientID == "new"


def test_a_new_file_gets_what_the_process_gives(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        made().save_as(tmp_path / "target")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "target").stat().st_mode) == 0o640


def test_other_names_of_the_old_file_keep_it(tmp_path: Path) -> None:
    """A replacement is a new file: what is linked elsewhere, or open, is as it was."""
    target, other = tmp_path / "target", tmp_path / "other"
    made(PatientID="old").save_as(target)
    os.link(target, other)
    with target.open("rb") as stream:
        made(PatientID="new").save_as(target)
        assert dcmread(stream.read()).PatientID == "old"
    assert dcmread(other).PatientID == "old"
    assert dcmread(target).PatientID == "new"


def test_a_value_that_cannot_be_written_is_found_before_anything_is(tmp_path: Path) -> None:
    target = tmp_path / "target"
    made(PatientID="old").save_as(target)
    before = target.read_bytes()
    with pytest.raises(ValueError, match="US"):
        made(Rows=-1).save_as(target)
    assert target.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["target"]
