"""Many files: contexts, associations that break, several at a time, and no end of files. PS3.4 Annex B."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import objects
import pytest
import test_storage

from dicomet import Dataset, dcmread
from dicomet.errors import NetworkError
from dicomet.net import evt
from dicomet.net.ae import AE
from dicomet.net.client import Association
from dicomet.net.registry import storage_classes
from dicomet.net.server import Server
from dicomet.net.services.batch import send_files
from dicomet.net.services.sending import batches, item_of
from dicomet.net.services.storage import Receiving

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


@pytest.mark.parametrize("jobs", [2, 5])
def test_a_peer_that_takes_fewer_associations(tmp_path: Path, jobs: int) -> None:
    """Those it takes send all: what one sender cannot get rid of is left to the others."""
    for i in range(60):
        objects.make_ct(tmp_path / f"{i}.dcm", number=i, rows=16)
    asked: list[Contexts] = []
    paths = [str(path) for path in tmp_path.glob("*.dcm")] * 10
    ae = AE("STORE", maximum_associations=1)
    ae.add_supported_context(objects.CT)
    storage = Receiving(tmp_path / "in", sync=False)
    with ae.start_server(("127.0.0.1", 0), block=False, storage=storage) as server:
        sent = list(send_files(paths, opening(server, asked), jobs=jobs))
    assert [one for one in sent if not one.ok] == []
    assert sorted(one.path for one in sent) == sorted(paths)
    assert len(test_storage.stored(tmp_path / "in")) == 60
    assert len(asked) > 1


@pytest.mark.parametrize("jobs", [1, 3])
def test_the_last_one_tells_of_what_is_left(tmp_path: Path, jobs: int) -> None:
    """A server that stores some and then takes nobody any more: each file is told of once."""
    for i in range(100):
        objects.make_ct(tmp_path / f"{i:02}.dcm", number=i, rows=16)
    paths = sorted(str(path) for path in tmp_path.glob("*.dcm"))
    lock, stored = threading.Lock(), []

    def store(event: evt.Event) -> int:
        with lock:
            if len(stored) == 40:
                event.assoc.abort()
                return 0
            stored.append(event.command["AffectedSOPInstanceUID"])
        return 0

    ae = AE("STORE")
    ae.add_supported_context(objects.CT)
    with ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, store)]) as server:
        sent = list(send_files(paths, opening(server, []), jobs=jobs))
    assert sorted(one.path for one in sent) == paths
    assert sorted(one.sop_instance for one in sent if one.ok) == sorted(stored)
    assert len({one.sop_instance for one in sent}) == 100
    assert all(one.message for one in sent if not one.ok)


def test_bad_files_in_between(tmp_path: Path) -> None:
    """Wherever they are: each is told of, the others are sent over one association."""
    objects.make_ct(tmp_path / "a.dcm", rows=16)
    (tmp_path / "b.dcm").write_bytes(b"no DICOM")
    good, *bad = (str(tmp_path / "a.dcm"), str(tmp_path / "b.dcm"), str(tmp_path / "c.dcm"), "a\0b", "", str(tmp_path))
    paths = [*bad * 60, *[good] * 300, *bad, *[good] * 300, *bad]
    asked: list[Contexts] = []
    with test_storage.serve(tmp_path / "in") as server:
        sent = list(send_files(paths, opening(server, asked)))
    assert sorted(one.path for one in sent) == sorted(paths)
    assert sum(one.ok for one in sent) == 600
    assert all(one.message for one in sent if one.path != good)
    assert {one.sop_instance for one in sent if one.ok} == {str(dcmread(good).SOPInstanceUID)}
    assert len(asked) == 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_iterator_that_fails(tmp_path: Path, jobs: int) -> None:
    """What it raises is raised."""
    objects.make_ct(tmp_path / "a.dcm", rows=16)

    def paths() -> Iterator[str]:
        yield from [str(tmp_path / "a.dcm")] * 300
        raise RuntimeError("on purpose")

    with test_storage.serve(tmp_path / "in") as server, pytest.raises(RuntimeError, match="on purpose"):
        list(send_files(paths(), opening(server, []), jobs=jobs))


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_file_that_ends_every_association(tmp_path: Path, jobs: int) -> None:
    """It is told of as not sent; the others arrive, those behind it too."""
    for i in range(60):
        objects.make_ct(tmp_path / f"{i:02}.dcm", number=i, rows=16)
    paths = sorted(str(path) for path in tmp_path.glob("*.dcm"))
    bad = {str(dcmread(paths[i]).SOPInstanceUID): paths[i] for i in (20, 40)}
    seen: set[str] = set()

    def store(event: evt.Event) -> int:
        uid = str(event.command["AffectedSOPInstanceUID"])
        if uid in bad:
            event.assoc.abort()
        else:
            seen.add(uid)
        return 0

    ae = AE("STORE")
    ae.add_supported_context(objects.CT)
    with ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, store)]) as server:
        sent = list(send_files(paths, opening(server, []), jobs=jobs))
    assert sorted(one.path for one in sent) == paths
    assert {one.sop_instance: one.path for one in sent if not one.ok} == bad
    assert len(seen) == 58
