"""Seeds of the codecs' fuzzers: small JPEG-LS and JPEG 2000 streams with as many features as encoders at hand have."""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image

PROGRESSIONS = ("LRCP", "RLCP", "RPCL", "PCRL", "CPRL")


def pictures() -> Iterator[np.ndarray]:
    """Small images: noise, steps, flat; grey and colour; 8 bits and more."""
    rng = np.random.default_rng(1)
    for number in range(24):
        shape = (9 + number, 40 - number, *((3,) if number % 3 == 0 else ()))
        most = (255, 4095, 65535, 3)[number % 4]
        image = rng.integers(0, most + 1, shape)
        if number % 2:
            image = np.clip(np.cumsum(image % 7, axis=1), 0, most)
        if number % 5 == 4:
            image[:, 5:] = image[0, 0]
        yield image.astype("u1" if most < 256 else "u2")


def jpegls() -> Iterator[bytes]:
    """Streams of CharLS."""
    for number, image in enumerate(pictures()):
        try:
            yield imagecodecs.jpegls_encode(image, level=number % 3)
        except imagecodecs.JpeglsError:  # noise does not fit into its buffer
            continue


def j2k() -> Iterator[bytes]:
    """Codestreams of OpenJPEG, by two ways: each has options that the other lacks."""
    for number, image in enumerate(pictures()):
        options = {"level": 0 if number % 2 else 40, "reversible": bool(number % 2), "resolutions": 1 + number % 5}
        yield imagecodecs.jpeg2k_encode(image, codecformat="J2K", numthreads=1, **options)
        if image.dtype == np.uint8:
            stream = io.BytesIO()
            Image.fromarray(image).save(
                stream, "JPEG2000", no_jp2=True, irreversible=bool(number % 2), num_resolutions=1 + number % 3,
                progression=PROGRESSIONS[number % 5], offset=(number % 5, number % 3), tile_size=(17, 13),
                codeblock_size=(8, 4), precinct_size=(16, 16), quality_mode="rates", quality_layers=[40, 8, 1],
            )  # fmt: skip
            yield stream.getvalue()


def main() -> None:
    """Write a folder of seeds for each target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for name, streams in (("fuzz_jpegls", jpegls()), ("fuzz_j2k", j2k())):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, stream in enumerate(streams):
            (folder / name / f"{number:03}").write_bytes(stream)


if __name__ == "__main__":
    main()
