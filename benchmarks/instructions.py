"""``python -m benchmarks.instructions [JOURNEY ...]``: what the facade costs beside its codec, in instructions.

Time in two processes differs by what memory and neighbours do; instructions that callgrind counts do not. For each
codec the first file of its corpus is decoded some times more in one run than in another, by ``ds.frames[0]`` and by
the raw call of imagecodecs: the differences are frames alone. Needs valgrind, and the corpora that ``python -m
benchmarks`` makes.
"""

import re
import subprocess
import sys
from pathlib import Path

from .corpus import corpus

RAW = {
    "jpeg_baseline": "ic.jpeg8_decode(e)",
    "jpeg_extended": "ic.jpeg8_decode(e)",
    "jpegls": "ic.jpegls_decode(e)",
    "jpeg2000": "ic.jpeg2k_decode(e, numthreads=1)",
    "jpeg2000_lossy": "ic.jpeg2k_decode(e, numthreads=1)",
    "jpegxl": "ic.jpegxl_decode(e, numthreads=1)",
}
FEW, MANY = 1, 5


def collected(path: Path, call: str, times: int) -> int:
    """Instructions of a process that decodes the file's first frame so many times."""
    code = (
        "import dicomet, imagecodecs as ic\n"
        f"ds = dicomet.dcmread({str(path)!r}); e = ds.frames.raw(0); ds.frames[0]; {RAW[path.parent.name]}\n"
        f"for _ in range({times}): {call}\n"
    )
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        raise RuntimeError("valgrind said nothing of instructions")
    return int(found[1])


def main() -> None:
    """Print a line a codec."""
    print("| codec | file | raw call, million instructions | facade / raw |\n|---|---|---:|---:|")
    for name in sys.argv[1:] or RAW:
        path = min(corpus(name).glob("*.dcm"), key=lambda one: one.stat().st_size)
        raw, facade = (
            (collected(path, call, MANY) - collected(path, call, FEW)) / (MANY - FEW)
            for call in (RAW[name], "ds.frames[0]")
        )
        print(f"| {name} | {path.stem} | {raw / 1e6:.1f} | {facade / raw:.3f} |", flush=True)


if __name__ == "__main__":
    main()
