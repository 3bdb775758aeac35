"""The whole association as a libFuzzer target, by Atheris: ``python tests/fuzz/fuzz_association.py CORPUS [OPTION...]``

The first byte of an input says who we are, and how the rest is cut; the rest is what the peer sends. Whatever it is:
the upper layer stays in its table, says only whole PDUs, and comes to its end when its deadlines have passed and the
connection is closed; what is taken natively meanwhile leaves nothing behind. An empty corpus begins with sound
conversations. CI runs it with the native modules under AddressSanitizer: tools/ci_fuzz_association.sh.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1] / "net"))

with atheris.instrument_imports(include=["dicomet.net"]):
    import peers
    import test_random_peers

    from dicomet._native import takefiles
    from dicomet.net import dimse, pdus
    from dicomet.net.events import AssociateRequested, LargeData, ReleaseRequested
    from dicomet.net.limits import Limits
    from dicomet.net.negotiation import answer
    from dicomet.net.services.storage import Receiving
    from dicomet.net.turn import taker_of
    from dicomet.net.upperlayer import UpperLayer

PIECES = (1, 7, 100, 5000)
LIMITS = Limits(data_nbytes=200_000, memory_nbytes=2000)
STORAGE = Receiving(tempfile.mkdtemp(dir="/dev/shm"), sync=False, layout="{SOPInstanceUID}")


class Asked:
    """What `taker_of` wants of an association."""

    def __init__(self, layer: UpperLayer) -> None:
        self.layer = layer
        self.request = layer.request


def check_output(out: bytes) -> None:
    """Whole PDUs, of types that there are."""
    while out:
        assert 1 <= out[0] <= 7, out[:20]
        assert len(out) >= 6 + int.from_bytes(out[2:6], "big")
        out = out[6 + int.from_bytes(out[2:6], "big") :]


def take_natively(layer: UpperLayer, taker: takefiles.Taker) -> bytes:
    """A turn as a thread has it; gives what is to be said."""
    end, out = takefiles.EVENT, b""
    while end == takefiles.EVENT:
        end = taker.take(0)
        out += taker.responses()
        if end == takefiles.EVENT:
            is_pending, file = taker.forget()
            if is_pending:
                layer.recall_command()
            if file is not None:
                os.close(file[0])
                os.unlink(file[1])
                layer.receiver.sink(-1)
            layer.take(taker.event, 1)
            act(layer)
            out += peers.sent(layer)
    return out


def act(layer: UpperLayer) -> None:
    """What a user does about events."""
    while (event := layer.told()) is not None:
        if isinstance(event, AssociateRequested):
            layer.accept(answer(event.request, peers.POLICY), 1)
        elif isinstance(event, ReleaseRequested) and layer.state in (8, 9, 12):
            layer.confirm_release(1)
        elif isinstance(event, LargeData):
            layer.sink(SINK)
        elif type(event).__name__ == "Message" and layer.state in (6, 8) and not layer.is_requestor:
            layer.send(event.context_id, dimse.response(event.command, 0), None, 1)


def one(data: bytes) -> None:
    """An input."""
    if not data:
        return
    how, data = data[0], data[1:]
    layer = UpperLayer(is_requestor=bool(how & 1), limits=LIMITS)
    if how & 1:
        layer.associate(peers.request(), 0)
    layer.connected(0)
    taker: takefiles.Taker | None = None
    out, size = b"", PIECES[how >> 2 & 3]
    for at in range(0, len(data), size):
        piece, done = data[at : at + size], 0
        while done < len(piece):
            done += layer.receiver.put(piece, done)
            if taker is not None and layer.state == 6:
                out += take_natively(layer, taker)
            while (event := layer.next_event(1)) is not None:
                layer.tell_again(event)
                act(layer)
                out += peers.sent(layer)
            if how & 2 and taker is None and layer.state == 6 and not layer.is_requestor:
                taker = taker_of(Asked(layer), STORAGE, echoes=bool(how & 16))
                taker.open(-1, is_apart=True)
    out += peers.sent(layer)
    assert 1 <= layer.state <= 13
    check_output(out)
    while (deadline := layer.next_deadline()) is not None:
        layer.expire(deadline)
    check_output(peers.sent(layer))
    layer.closed(1e9)
    assert layer.state == 1


def seeds() -> list[bytes]:
    """Sound conversations."""
    asked = b"".join(test_random_peers.conversation())
    answered = answer(peers.request(), peers.POLICY).encode() + pdus.RELEASE_RESPONSE
    stored = peers.request().encode() + b"".join(
        bytes(piece)
        for piece in test_random_peers.native.message(
            3, test_random_peers.native.encode_command(test_random_peers.STORE), DATA_SET, 500
        )
    )
    return [bytes([how]) + asked for how in (0, 2, 4, 10, 12, 18)] + [
        b"\x01" + answered,
        b"\x0e" + stored + pdus.RELEASE_REQUEST,
        b"\x0a" + stored + stored[len(peers.request().encode()) :],
    ]


def data_set() -> bytes:
    """One that is stored natively, and long enough for a file of its own."""
    from dicomet import Dataset
    from dicomet.net.datasets import encode

    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = peers.CT, "1.2.3"
    ds.PatientName = "A^B"
    ds.PixelData = bytes(3000)
    return bytes(encode(ds, peers.EXPLICIT))


DATA_SET = data_set()
SINK = os.open("/dev/null", os.O_WRONLY)

if __name__ == "__main__":
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    if not any(corpus.iterdir()):
        for number, seed in enumerate(seeds()):
            (corpus / f"seed{number}").write_bytes(seed)
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
