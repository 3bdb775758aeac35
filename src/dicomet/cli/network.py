"""``dicomet echo``, ``store`` and ``receive``: the network from the command line. See docs/network.md."""

from __future__ import annotations

import contextlib
import json as json_module
import os
import signal
import ssl
import sys
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TextIO

from dicomet.bulk.walk import walk_entries
from dicomet.cli.terminal import printable, say_error
from dicomet.net import tls
from dicomet.net.ae import AE, title_of
from dicomet.net.client import Association
from dicomet.net.limits import Timeouts
from dicomet.net.negotiation import Supported
from dicomet.net.registry import any_storage, transfer_syntaxes
from dicomet.net.services.batch import Sent, send_files
from dicomet.net.services.storage import Duplicates, Receiving
from dicomet.net.transport import PORT

OK, FAILED = 0, 1  # exit status
_VERIFICATION = "1.2.840.10008.1.1"
_END = (signal.SIGINT, signal.SIGTERM)


class Keys(NamedTuple):
    """Files of TLS: whom we trust, and who we are. PEM."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    tls: bool = False

    def client(self) -> ssl.SSLContext | None:
        """For asking; None without TLS."""
        if not (self.tls or self.ca or self.certificate):
            return None
        return tls.client_context(ca=self.ca, certificate=self.certificate, key=self.key)

    def server(self) -> ssl.SSLContext | None:
        """For accepting; who asks must have a certificate if an authority is given."""
        if self.certificate is None:
            if self.tls or self.ca:
                raise ValueError("TLS wants a certificate of our own: --cert")
            return None
        return tls.server_context(
            self.certificate, self.key, ca=self.ca, client_certificate="required" if self.ca else "none"
        )


class Peer(NamedTuple):
    """Who is meant by AET@HOST:PORT."""

    ae_title: str
    host: str
    port: int


def peer_of(text: str) -> Peer:
    """Read AET@HOST:PORT; the title is ANY-SCP and the port 11112 unless told.

    Raises
    ------
    ValueError
        Not of that form.
    """
    title, at, rest = text.rpartition("@")
    host, colon, port = rest.rpartition(":")
    if not colon:
        host, port = rest, str(PORT)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is no AET@HOST:PORT")
    return Peer(title_of(title) if at else "ANY-SCP", host, int(port))


def echo(to: str, *, title: str, timeout: float, keys: Keys, json: bool) -> int:
    """C-ECHO to a peer; 0 if it answers with success."""
    peer = peer_of(to)
    ae = AE(title, timeouts=Timeouts(connect=timeout, associate=timeout, response=timeout))
    ae.add_requested_context(_VERIFICATION)
    started = time.perf_counter()
    with ae.associate(peer.host, peer.port, ae_title=peer.ae_title, tls=keys.client()) as association:
        asked = time.perf_counter()
        status = association.send_c_echo().Status
        answered = time.perf_counter()
    if json:
        times = {"associate_ms": (asked - started) * 1e3, "echo_ms": (answered - asked) * 1e3}
        print(
            json_module.dumps({"peer": peer.ae_title, "host": peer.host, "port": peer.port, "status": status} | times)
        )
    else:
        print(
            f"{peer.ae_title} at {peer.host}:{peer.port} answers 0x{status:04X}: association in "
            f"{(asked - started) * 1e3:.1f} ms, echo in {(answered - asked) * 1e3:.2f} ms"
        )
    return OK if status == 0 else FAILED


def _files(paths: Sequence[str]) -> Iterator[str]:
    for path in paths:
        if os.path.isdir(path):
            yield from (entry.path for entry in walk_entries(path))
        else:
            yield path


class _Journal:
    """Files that a peer has, a line each: what is in it is not sent again."""

    def __init__(self, path: str | None) -> None:
        self.known: set[str] = set()
        self._file: TextIO | None = None
        if path is None:
            return
        with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8", errors="surrogateescape") as file:
            self.known = {line.removesuffix("\n") for line in file if line.endswith("\n")}
        self._file = open(path, "a", encoding="utf-8", errors="surrogateescape", buffering=1)  # noqa: SIM115

    def add(self, path: str) -> None:
        if self._file is not None and "\n" not in path:  # such a one is sent again
            self._file.write(path + "\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


def store(
    paths: Sequence[str],
    *,
    to: str,
    title: str,
    jobs: int,
    window: int,
    resume: str | None,
    timeout: float,
    keys: Keys,
    json: bool,
    quiet: bool,
) -> int:
    """C-STORE of files and of all files in folders; 0 if the peer has all of them."""
    from dicomet.cli.progress import FileProgress

    peer = peer_of(to)
    ae = AE(title, timeouts=Timeouts(connect=timeout, associate=timeout, response=timeout))

    context = keys.client()
    asked = (window, 1) if window > 1 else None

    def open_association(contexts: list[tuple[str, tuple[str, ...]]]) -> Association:
        return ae.associate(peer.host, peer.port, contexts, peer.ae_title, asynchronous=asked, tls=context)

    journal = _Journal(resume)
    wanted = list(_files(paths))
    todo = [path for path in wanted if path not in journal.known]
    sent = failed = 0
    started = time.perf_counter()
    try:
        with FileProgress(len(todo), quiet or json) as progress:
            for one in send_files(todo, open_association, jobs=jobs):
                progress.advance()
                if one.ok:
                    sent += 1
                    journal.add(one.path)
                else:
                    failed += 1
                _tell(one, json=json)
    finally:
        journal.close()
    if not json and not quiet:
        seconds = time.perf_counter() - started
        before = f", {len(wanted) - len(todo)} were sent before" if len(wanted) > len(todo) else ""
        print(
            f"{sent} sent, {failed} failed{before}, {sent / seconds if seconds else 0:,.0f} a second", file=sys.stderr
        )
    return FAILED if failed else OK


def _tell(one: Sent, *, json: bool) -> None:
    if json:
        line = {"path": one.path, "sop_instance": one.sop_instance, "status": one.status, "message": one.message}
        print(json_module.dumps(line), flush=True)
    elif not one.ok:
        status = "" if one.status is None else f"0x{one.status:04X} "
        say_error(printable(f"{one.path}: {status}{one.message}"))


def receive(
    folder: str,
    *,
    title: str,
    port: int,
    host: str,
    layout: str,
    duplicates: Duplicates,
    sync: bool,
    strict: bool,
    classes: Sequence[str],
    any_class: bool,
    keys: Keys,
    json: bool,
    quiet: bool,
) -> int:
    """Answer C-ECHO and C-STORE until interrupted, and put what comes into a folder."""
    every = Supported(transfer_syntaxes(), scu=True, scp=True)
    ae = AE(title)
    ae.require_called_aet = strict
    ae.add_supported_context(_VERIFICATION)
    ae.supported_contexts.update(any_storage())
    ae.supported_contexts.update(dict.fromkeys(classes, every))

    def stored(path: str, ds: object) -> None:
        print(json_module.dumps({"path": path}) if json else printable(path), flush=True)

    told = None if quiet and not json else stored
    storage = Receiving(folder, layout=layout, duplicates=duplicates, sync=sync, stored=told)
    end = _end_signal()  # before it can be reached: whoever sees it listen may end it
    server = ae.start_server(
        (host, port),
        block=False,
        storage=storage,
        unknown=(lambda uid: every) if any_class else None,
        tls=keys.server(),
    )
    with server:
        if not quiet:
            print(f"{ae.ae_title} listens on {server.address[0]}:{server.address[1]}", file=sys.stderr, flush=True)
        _wait_for(end)
    return OK


def _end_signal() -> int:
    """A pipe with a byte in it once a signal came that ends the process. A handler may run inside another, so it
    takes no lock."""
    reads, writes = os.pipe()
    for number in _END:
        signal.signal(number, lambda *_: os.write(writes, b"."))
    return reads


def _wait_for(end: int) -> None:
    """Until the signal came. More of them do nothing from there on, up to the very end of the interpreter."""
    os.read(end, 1)
    for number in _END:
        signal.signal(number, signal.SIG_IGN)
