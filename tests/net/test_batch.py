"""Many files: contexts, associations that break, several at a time, and no end of files. PS3.4 Annex B."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import objects
import pytest
import test_storage

from dicomet import Dataset, dcmread
from dicomet.errors import NetworkError
from dicomet.net.ae import AE
from dicomet.net.client import Association
from dicomet.net.registry import storage_classes
from dicomet.net.server import Server
from dicomet.net.services.batch import send_files
from dicomet.net.services.sending import batches, item_of

JPEG_LS = "1.2.840.10008.1.2.4.80"
Contexts = list[tuple[str, tuple[str, ...]]]


def opening(server: Server, asked: list[Contexts]) -> Callable[[Contexts], Association]:
    """Ask for associations, and keep what they were for."""

    def associate(contexts: Contexts) -> Association:
        asked.append(contexts)
        return AE("SEND").associate("127.0.0.1", server.address[1], contexts)

    return associate


def test_many_contexts_go_into_several_associations(tmp_path: Path) -> None:
    classes = storage_classes()[:70]
    paths = []
    for i, sop_class in enumerate(classes):
        objects.make_ct(tmp_path / f"{i}.dcm", rows=4)
        ds = dcmread(tmp_path / f"{i}.dcm")
        ds.SOPClassUID = sop_class
        ds.save_as(tmp_path / f"{i}.dcm")
        paths.append(tmp_path / f"{i}.dcm")
    assert len(list(batches([item_of(path) for path in paths]))) == 2
    with test_storage.serve(tmp_path / "in") as server:
        assert test_storage.send(server, *paths) == [0] * len(paths)


def test_sending_goes_on_after_an_association_broke(tmp_path: Path) -> None:
    for i in range(20):
        objects.make_ct(tmp_path / f"{i}.dcm", number=i, rows=16)
    calls = 0
    paths: list[str] = []

    def stored_one(path: str, ds: Dataset) -> None:
        paths.append(path)
        if len(paths) == 7:  # the seventh is stored, and its sender does not hear of it
            for peer in server.active_associations:
                peer.abort()

    with test_storage.serve(tmp_path / "in", stored=stored_one) as server:

        def open_association(contexts: list[tuple[str, tuple[str, ...]]]) -> Any:
            nonlocal calls
            calls += 1
            return AE("SEND").associate("127.0.0.1", server.address[1], contexts)

        wanted = [*sorted(str(path) for path in tmp_path.glob("*.dcm")), str(tmp_path / "missing.dcm")]
        sent = list(send_files(wanted, open_association))
    assert calls == 2
    assert [one.path for one in sent if not one.ok] == [str(tmp_path / "missing.dcm")]
    assert len(sent) == 21
    assert len(paths) == 21  # the seventh twice
    assert len(test_storage.stored(tmp_path / "in")) == 20


def test_several_associations_at_a_time(tmp_path: Path) -> None:
    for i in range(60):
        objects.make_ct(tmp_path / f"{i}.dcm", number=i, rows=16)
    with test_storage.serve(tmp_path / "in") as server:
        ae = AE("SEND")
        paths = (str(path) for path in tmp_path.glob("*.dcm"))
        sent = list(send_files(paths, lambda contexts: ae.associate("127.0.0.1", server.address[1], contexts), jobs=4))
    assert sum(one.ok for one in sent) == 60
    assert len(test_storage.stored(tmp_path / "in")) == 60


def test_a_batch_that_nobody_wants_any_more_ends(tmp_path: Path) -> None:
    objects.make_ct(tmp_path / "a.dcm", rows=16)
    with test_storage.serve(tmp_path / "in") as server:
        ae = AE("SEND")
        results: Iterator[Any] = send_files(
            [str(tmp_path / "a.dcm")] * 500, lambda contexts: ae.associate("127.0.0.1", server.address[1], contexts)
        )
        assert next(results).ok
        results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("jobs", [1, 3])
def test_files_without_end(tmp_path: Path, jobs: int) -> None:
    """Sending begins before all files are known, and ends when nobody wants the results."""
    objects.make_ct(tmp_path / "a.dcm", rows=16)
    asked: list[Contexts] = []
    given = 0

    def paths() -> Iterator[str]:
        nonlocal given
        for given in itertools.count(1):  # noqa: B007
            yield str(tmp_path / "a.dcm")

    with test_storage.serve(tmp_path / "in") as server:
        results: Any = send_files(paths(), opening(server, asked), jobs=jobs)
        assert all(one.ok for one in itertools.islice(results, 3000))
        results.close()
    assert given < 3000 + 256 * 4 + 500 * 2 * jobs + 1000
    assert jobs > 1 or len(asked) == 1


def test_kinds_that_come_late(tmp_path: Path) -> None:
    """Another association where a file needs it, which then is for those before as well."""
    objects.make_ct(tmp_path / "a.dcm", rows=16)
    objects.make_ct(tmp_path / "b.dcm", rows=16, syntax=JPEG_LS)
    (tmp_path / "c.dcm").write_bytes(b"no DICOM")
    plain, coded, bad = (str(tmp_path / name) for name in ("a.dcm", "b.dcm", "c.dcm"))
    paths = [plain] * 600 + [coded] * 300 + [bad] + [plain] * 300 + [coded, plain] * 200
    asked: list[Contexts] = []
    with test_storage.serve(tmp_path / "in") as server:
        sent = list(send_files(paths, opening(server, asked)))
    assert sorted(one.path for one in sent) == sorted(paths)
    assert [one.path for one in sent if not one.ok] == [bad]
    assert len(asked) == 2
    assert [len(contexts) for contexts in asked] == [2, 3]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_goes_wrong_is_raised(tmp_path: Path, jobs: int) -> None:
    """An error that is none of the network's, in whichever thread: files are not left out in silence."""
    objects.make_ct(tmp_path / "a.dcm", rows=16)

    def fail(contexts: Contexts) -> Association:
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        list(send_files([str(tmp_path / "a.dcm")] * 20, fail, jobs=jobs))


@pytest.mark.parametrize("jobs", [1, 2])
def test_nobody_is_there(tmp_path: Path, jobs: int) -> None:
    """Every file is told of, of those that cannot be read why."""
    objects.make_ct(tmp_path / "a.dcm", rows=16)
    paths = [str(tmp_path / "a.dcm")] * 700 + [str(tmp_path / "missing.dcm")]
    calls = 0

    def fail(contexts: Contexts) -> Association:
        nonlocal calls
        calls += 1
        raise NetworkError("nobody")

    sent = list(send_files(paths, fail, jobs=jobs))
    assert sorted(one.path for one in sent) == sorted(paths)
    assert {one.message for one in sent if one.path != paths[-1]} == {"nobody"}
    assert jobs > 1 or calls == 3
