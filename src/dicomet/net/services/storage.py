"""Receiving composite objects into a folder. PS3.4 Annex B.

A data set goes to a temporary file, is brought to disk as was asked for, gets its name, and only then is the response
sent: what was acknowledged is there, whole, under its name.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, Literal, Self, TypeVar

from dicomet._native.dictionary import keyword_tag
from dicomet._native.index import Index
from dicomet._native.outfile import OutFile
from dicomet._native.source import Source
from dicomet._native.storefile import Place
from dicomet.dataset import Dataset
from dicomet.errors import DicomError
from dicomet.net.datasets import decode, file_meta, rest_of_meta
from dicomet.net.events import Message
from dicomet.net.negotiation import PresentationContext
from dicomet.reader import dcmread
from dicomet.syntax import syntax_of

SUCCESS, DUPLICATE, OUT_OF_RESOURCES, MISMATCH, CANNOT_UNDERSTAND = 0x0000, 0x0111, 0xA700, 0xA900, 0xC000
NOT_WHOLE = 0xB007
"""Statuses of C-STORE; the last one is a warning, of what is stored but does not match its SOP class.

PS3.4 Table B.2-1; PS3.7 §9.1.1.1.9.
"""

log = logging.getLogger("dicomet.net")

Duplicates = Literal["replace", "keep", "refuse", "both"]
LAYOUT = "{StudyInstanceUID}/{SeriesInstanceUID}/{SOPInstanceUID}.dcm"
_FIELD = re.compile(r"\{(\w+)\}")
_SAFE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._ -]")
_MAX_NAME_NCHARS = 100
_BROKEN = {"truncated", "value_too_long", "trailing_data", "fragment"}
_T = TypeVar("_T")


def safe_name(text: str) -> str:
    """A text as a part of a path that leads nowhere else: what is unusual becomes %XX, and it is never empty."""
    if _SAFE.fullmatch(text):
        return text
    text = _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", text.strip(" \0"))[:_MAX_NAME_NCHARS]
    return text.replace(".", "%2E", 1) if text.startswith(".") else text or "unknown"


def _make_one_folder(path: str) -> None:
    try:
        os.mkdir(path)
    except FileExistsError:
        if not os.path.isdir(path):
            raise


def _make_folder(path: str, *, sync: bool) -> None:
    """Make a folder, and those above it that are not there; on disk, if that is asked for."""
    above = os.path.dirname(path)
    try:
        _make_one_folder(path)
    except FileNotFoundError:
        if not above:
            raise
        if not os.path.isdir(above):
            _make_folder(above, sync=sync)
        _make_one_folder(path)
    if sync:
        _sync_folder(path)


def _with_folder(path: str, do: Callable[[], _T], *, sync: bool) -> _T:
    """Do something that wants the folder of a file; it is made if it is not there."""
    try:
        return do()
    except FileNotFoundError:
        _make_folder(os.path.dirname(path), sync=sync)
        return do()


def _sync_folder(path: str) -> None:
    """Something has its name: bring that to disk as well."""
    folder = os.open(path.rpartition("/")[0] or "/", os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _what_is_missing(ds: Dataset, context: PresentationContext, incoming: Incoming | None) -> str | None:
    """What makes a data set end too soon, or go on too long; None if nothing does. PS3.5 §7.1."""
    if syntax_of(context.transfer_syntax).deflated:
        return None  # it was inflated as a whole, or could not be read
    try:
        index = ds._index if incoming is None else Index.scan(Source.open(incoming.path), fragments=True)
    except DicomError as error:
        return str(error)
    if incoming is None:
        index = index.full()
    for _, tag, code, text, _ in index.findings():
        if code in _BROKEN:
            where = "" if tag >> 16 in (0, 0xFFFE) else f"({tag >> 16:04X},{tag & 0xFFFF:04X}): "
            return where + text
    return None


class Incoming:
    """A data set that is being received into a file."""

    def __init__(self, path: str, fd: int) -> None:
        self.path = path
        self.fd = fd
        self._is_there = True  # under that name

    @classmethod
    def begin(cls, folder: str, number: int, head: bytes) -> Self:
        """A new one. `OSError` if it cannot be."""
        path = os.path.join(folder, f".incoming-{os.getpid()}-{number}")
        one = cls(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666))
        try:
            while head:
                head = head[os.write(one.fd, head) :]
        except OSError:
            one.give_up()
            raise
        return one

    def commit(self, target: str, *, sync: bool) -> None:
        """Give it its name. `OSError` if it cannot be: it is there still, until it is given up."""
        if sync:
            os.fsync(self.fd)
        self._close()
        _with_folder(target, lambda: os.rename(self.path, target), sync=sync)
        self._is_there = False

    def give_up(self) -> None:
        """Take it away, unless it has its name."""
        with contextlib.suppress(OSError):
            self._close()
        if self._is_there:
            self._is_there = False
            with contextlib.suppress(OSError):
                os.unlink(self.path)

    def _close(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)


class Receiving:
    """What a server does with C-STORE: files in a folder.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    layout : str or callable
        Names of files below it. A template whose fields are keywords of the data set, ``calling``, ``called`` and
        ``peer``, or a function of the data set that gives such a name. Every part is made safe: no name leads out of
        the folder.
    duplicates : {"replace", "keep", "refuse", "both"}
        What becomes of a file that is there already: it is replaced; it stays, and the sender hears of success;
        it stays, and the sender hears of a duplicate; the new one gets a number.
    sync : bool
        Whether a file is on disk before the sender hears of success. Without it a crash of the machine, not of the
        process, can lose what was acknowledged.
    coerce : callable, optional
        Called with each data set, which is kept in memory for it; gives the data set that is stored, or None for it as
        it is.
    stored : callable, optional
        Called with the path of each file after it got its name, and with the data set, of a long one its beginning.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        layout: str | Callable[[Dataset], str] = LAYOUT,
        duplicates: Duplicates = "replace",
        sync: bool = True,
        coerce: Callable[[Dataset], Dataset | None] | None = None,
        stored: Callable[[str, Dataset], None] | None = None,
    ) -> None:
        self.folder = os.path.abspath(os.fspath(folder))
        _make_folder(self.folder, sync=sync)
        self.layout = layout
        self.duplicates = duplicates
        self.sync = sync
        self.coerce = coerce
        self.stored = stored
        # the template in pieces: text and fields by turns
        self._pieces = _FIELD.split(layout) if isinstance(layout, str) else []
        self._lock = threading.Lock()  # of looking whether a file is there, and making it
        self._native = self._native_place()
        self._numbers = itertools.count(1)

    def _native_place(self) -> Place | None:
        """Where names need nothing but the data set, and nothing is asked before."""
        fields = self._pieces[1::2]
        if not fields or self.duplicates != "replace" or self.coerce is not None:
            return None
        tags = [keyword_tag(field) for field in fields]
        pieces: list[str | int] = list(self._pieces)
        pieces[1::2] = [tag or 0 for tag in tags]
        return Place(self.folder, [one for one in pieces if one != ""], sync=self.sync) if all(tags) else None

    # What a server calls

    @property
    def place(self) -> Place | None:
        """Where data sets go without a word of Python; None where each is asked about."""
        return self._native if self.stored is None else None

    def meta_of(self, peer: Any, context: PresentationContext) -> bytes:
        """File Meta Information of what comes over a context, but for its UIDs."""
        asked = peer.request
        return rest_of_meta(context.transfer_syntax, asked.calling if asked else "", asked.called if asked else "")

    def open(self, peer: Any, context: PresentationContext, command: Mapping[Any, Any]) -> Incoming | None:
        """A file for a long data set; None where it is wanted in memory, or there cannot be one."""
        if self.coerce is not None:
            return None
        try:
            return Incoming.begin(self.folder, next(self._numbers), self._head(peer, context, command))
        except OSError:
            return None

    def store(self, peer: Any, context: PresentationContext, message: Message, incoming: Incoming | None) -> Any:
        """Store what came, and tell the status of the response."""
        try:
            if message.is_too_long:
                return {"Status": OUT_OF_RESOURCES, "ErrorComment": "the data set is longer than is allowed"}
            if message.sink_errno:
                return {"Status": OUT_OF_RESOURCES, "ErrorComment": os.strerror(message.sink_errno)[:64]}
            if message.data is None and incoming is None:
                return {"Status": CANNOT_UNDERSTAND, "ErrorComment": "no data set"}
            return self._store(peer, context, message, incoming)
        except OSError as error:
            return {"Status": OUT_OF_RESOURCES, "ErrorComment": (error.strerror or "no room")[:64]}
        finally:
            if incoming is not None:
                incoming.give_up()

    def _store(self, peer: Any, context: PresentationContext, message: Message, incoming: Incoming | None) -> Any:
        if incoming is None and self._native is not None:
            path = self._store_natively(peer, context, message)
            if path is not None:
                return SUCCESS
        try:
            ds = self._read(context, message, incoming)
            command = message.command
            wanted = command.get("AffectedSOPInstanceUID")
            if ds.get("SOPInstanceUID") != wanted or ds.get("SOPClassUID") != command.get("AffectedSOPClassUID"):
                return {"Status": MISMATCH, "ErrorComment": "not the SOP class and instance of the command"}
        except (DicomError, ValueError):
            return {"Status": CANNOT_UNDERSTAND, "ErrorComment": "the data set cannot be read"}
        broken = _what_is_missing(ds, context, incoming)
        with self._lock:
            target = self._target(peer, ds)
            if target is None:
                return SUCCESS if self.duplicates == "keep" else {"Status": DUPLICATE}
            if incoming is not None:
                incoming.commit(target, sync=self.sync)
            else:
                self._write(target, self._head(peer, context, message.command), message, ds)
        if self.sync:
            _sync_folder(target)
        if self.stored is not None:
            self.stored(target, ds)
        if broken is not None:
            log.info("%s is stored, but not whole: %s", target, broken)
            return {"Status": NOT_WHOLE, "ErrorComment": broken[:64]}
        return SUCCESS

    def _store_natively(self, peer: Any, context: PresentationContext, message: Message) -> str | None:
        """Most data sets; None where something is unusual, and nothing was done."""
        syntax = syntax_of(context.transfer_syntax)
        command = message.command
        sop_class, sop_instance = command.get("AffectedSOPClassUID"), command.get("AffectedSOPInstanceUID")
        if syntax.deflated or not isinstance(sop_class, str) or not isinstance(sop_instance, str):
            return None
        assert self._native is not None
        assert message.data is not None
        path = self._native.store(
            message.data,
            self.meta_of(peer, context),
            implicit=syntax.implicit,
            big_endian=syntax.big_endian,
            sop_class=sop_class,
            sop_instance=sop_instance,
        )
        if path is not None and self.stored is not None:
            self.stored(path, decode(message.data, context.transfer_syntax))
        return path

    def _read(self, context: PresentationContext, message: Message, incoming: Incoming | None) -> Dataset:
        """Of what went to a file, its beginning is in memory as well, and mostly tells enough."""
        assert message.data is not None
        if incoming is None:
            return decode(message.data, context.transfer_syntax)
        if not syntax_of(context.transfer_syntax).deflated:
            ds = decode(message.data, context.transfer_syntax)
            if "SeriesInstanceUID" in ds:
                return ds
        return dcmread(incoming.path, stop_before_pixels=True)

    def _write(self, target: str, head: bytes, message: Message, ds: Dataset) -> None:
        coerced = self.coerce(ds) if self.coerce is not None else None
        if coerced is not None:
            _with_folder(target, lambda: coerced.save_as(target, enforce_file_format=True), sync=self.sync)
            return
        assert message.data is not None
        out = _with_folder(target, lambda: OutFile(target), sync=self.sync)
        try:
            pieces: list[memoryview] = [memoryview(head), memoryview(message.data)]
            while pieces:
                n = os.writev(out.fd, pieces)
                while pieces and n >= len(pieces[0]):
                    n -= len(pieces.pop(0))
                if n:
                    pieces[0] = pieces[0][n:]
        except BaseException:
            out.abandon()
            raise
        out.commit(sync=self.sync)

    # Names

    def _head(self, peer: Any, context: PresentationContext, command: Mapping[Any, Any]) -> bytes:
        asked = peer.request
        return file_meta(
            command.get("AffectedSOPClassUID") or "",
            command.get("AffectedSOPInstanceUID") or "",
            context.transfer_syntax,
            sender=asked.calling if asked else "",
            receiver=asked.called if asked else "",
        )

    def _value(self, peer: Any, ds: Dataset, field: str) -> str:
        if field == "peer":
            return str(peer.peer[0]) if peer.peer else ""
        if field in ("calling", "called"):
            return str(getattr(peer.request, field)) if peer.request else ""
        try:
            return str(ds.get(field) or "")
        except (DicomError, ValueError):
            return ""

    def _target(self, peer: Any, ds: Dataset) -> str | None:
        """Where it goes; None if something is there that stays."""
        if isinstance(self.layout, str):
            pieces = list(self._pieces)
            pieces[1::2] = [safe_name(self._value(peer, ds, field)) for field in pieces[1::2]]
            name = "".join(pieces)
        else:
            name = "/".join(safe_name(part) for part in self.layout(ds).split("/") if part) or "unknown"
        target = f"{self.folder}/{name}"
        if self.duplicates == "replace" or not os.path.exists(target):
            return target
        if self.duplicates != "both":
            return None
        stem, extension = os.path.splitext(target)
        return next(path for i in itertools.count(1) if not os.path.exists(path := f"{stem}-{i}{extension}"))
