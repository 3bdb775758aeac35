"""JPEG 2000 codestreams of every shape from OpenJPEG's command line: options that no binding has. ITU-T T.800."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HAS_TOOLS = shutil.which("opj_compress") is not None and shutil.which("opj_decompress") is not None
ORDERS = ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL")


@dataclass
class Made:
    """A codestream, the image in it, and how it was made."""

    encoded: bytes
    image: np.ndarray
    reversible: bool
    layers: int
    levels: int
    options: str


def picture(rng: random.Random, rows: int, columns: int, samples: int, bits: int, signed: bool) -> np.ndarray:
    """Noise, a walk, steps or nothing."""
    numbers = np.random.default_rng(rng.randrange(1 << 30))
    low = -(1 << (bits - 1)) if signed else 0
    high = low + (1 << bits) - 1
    shape = (rows, columns, samples) if samples > 1 else (rows, columns)
    kind = rng.randrange(4)
    if kind == 0:
        values = numbers.integers(low, high + 1, shape)
    elif kind == 1:
        values = np.cumsum(numbers.normal(0, (high - low) / 60, shape), axis=1) + (high + low) / 2
    elif kind == 2:
        values = np.where(numbers.random(shape) < 0.1, high, low)
    else:
        values = np.full(shape, rng.randint(low, high))
    kind_letter = "i" if signed else "u"
    return np.clip(np.rint(values), low, high).astype(f"{kind_letter}{1 if bits <= 8 else 2}")


def _raw(image: np.ndarray) -> bytes:
    """Planes of samples, the higher byte first."""
    planes = np.moveaxis(image, -1, 0) if image.ndim == 3 else image
    return planes.astype(planes.dtype.newbyteorder(">")).tobytes()


def _options(rng: random.Random, rows: int, columns: int, samples: int) -> tuple[list[str], int, int, bool]:
    resolutions, layers = rng.randint(1, 6), rng.randint(1, 4)
    reversible = rng.random() < 0.6
    options = ["-n", str(resolutions), "-p", rng.choice(ORDERS)]
    if not reversible:
        options.append("-I")
    if layers > 1 or not reversible:
        options += ["-r", ",".join(str(rate) for rate in (50, 20, 6, 1)[4 - layers :])]
    if rng.random() < 0.5:
        options += ["-b", f"{4 << rng.randint(0, 4)},{4 << rng.randint(0, 4)}"]
    if rng.random() < 0.5:
        options += ["-c", ",".join(f"[{16 << rng.randint(0, 3)},{16 << rng.randint(0, 3)}]" for _ in range(2))]
    x, y = (rng.randint(0, 60), rng.randint(0, 60)) if rng.random() < 0.6 else (0, 0)
    options += ["-d", f"{x},{y}"]
    if rng.random() < 0.5:
        options += ["-t", f"{rng.randint(17, 90)},{rng.randint(17, 90)}"]
    if rng.random() < 0.6:
        options += ["-M", str(rng.randrange(64))]
    options += [flag for flag in ("-SOP", "-EPH") if rng.random() < 0.4]
    if rng.random() < 0.3:
        options += ["-TP", rng.choice("RLC")]
    if samples == 3:
        options += ["-mct", str(rng.randint(0, 1))]
    if resolutions > 2 and "-t" not in options and rng.random() < 0.3:
        first = f"T1=0,0,{layers},2,{samples},{rng.choice(ORDERS)}"
        options += ["-POC", f"{first}/T1=2,0,{layers},{resolutions},{samples},{rng.choice(ORDERS)}"]
    return options, layers, resolutions - 1, reversible


def _compressed(folder: Path, image: np.ndarray, bits: int, options: list[str]) -> bytes | None:
    (folder / "image.raw").write_bytes(_raw(image))
    target = folder / "image.j2k"
    target.unlink(missing_ok=True)
    rows, columns = image.shape[:2]
    samples = image.shape[2] if image.ndim == 3 else 1
    form = f"{columns},{rows},{samples},{bits},{'s' if image.dtype.kind == 'i' else 'u'}"
    command = ["opj_compress", "-i", str(folder / "image.raw"), "-F", form, "-o", str(target), *options]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    if done.returncode or not target.exists() or not target.stat().st_size:
        return None
    return target.read_bytes()


def made_streams(folder: Path, count: int, seed: int = 1) -> Iterator[Made]:
    """Streams with options at random; those that the encoder refuses are not among them."""
    rng = random.Random(seed)
    for _ in range(count):
        rows, columns = rng.randint(1, 130), rng.randint(1, 130)
        signed = rng.random() < 0.2
        samples = 1 if signed else rng.choice((1, 1, 3))
        bits = rng.choice((8, 8, 12, 16)) if signed else rng.choice((8, 8, 1, 5, 10, 12, 16))
        image = picture(rng, rows, columns, samples, bits, signed)
        options, layers, levels, reversible = _options(rng, rows, columns, samples)
        encoded = _compressed(folder, image, bits, options)
        if encoded is not None:
            yield Made(encoded, image, reversible, layers, levels, " ".join(options))


def components_apart(folder: Path, rng: random.Random) -> list[bytes]:
    """Two to four codestreams of a component each, of one size, progression and number of layers, otherwise unlike."""
    rows, columns, bits = rng.randint(1, 130), rng.randint(1, 130), rng.choice((8, 12))
    layers, order = rng.randint(1, 3), rng.choice(("LRCP", "RLCP", "CPRL"))
    x, y = (rng.randint(0, 60), rng.randint(0, 60)) if rng.random() < 0.6 else (0, 0)
    found = []
    for _ in range(rng.randint(2, 4)):
        options = ["-n", str(rng.randint(1, 6)), "-p", order, "-SOP", "-EPH", "-d", f"{x},{y}"]
        options += ["-r", ",".join(("20", "6", "1")[3 - layers :]), "-M", str(rng.randrange(64))]
        options += ["-b", f"{4 << rng.randint(0, 4)},{4 << rng.randint(0, 4)}"]
        if rng.random() < 0.5:
            options.append("-I")
        if rng.random() < 0.5:
            options += ["-c", ",".join(f"[{16 << rng.randint(0, 3)},{16 << rng.randint(0, 3)}]" for _ in range(2))]
        encoded = _compressed(folder, picture(rng, rows, columns, 1, bits, signed=False), bits, options)
        if encoded is not None:
            found.append(encoded)
    return found


def decompressed(folder: Path, encoded: bytes, *, reduce: int = 0, layers: int = 0) -> np.ndarray | None:
    """What `opj_decompress` makes of it; None if it refuses."""
    (folder / "in.j2k").write_bytes(encoded)
    target = folder / "out.rawl"
    target.unlink(missing_ok=True)
    command = ["opj_decompress", "-i", str(folder / "in.j2k"), "-o", str(target), "-r", str(reduce)]
    command += ["-l", str(layers)] if layers else []
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    if done.returncode != 0 or not target.exists():
        return None
    return np.frombuffer(target.read_bytes(), "u1")
