"""Damaged files in bulk: each is a row, whatever the damage. Seeded, so a failure comes again."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest
from made_files import element, item, part10

from dicomet._native.gather import STATUSES
from dicomet.bulk import DEFAULT_COLUMNS, scan

NMUTANTS = 600
COLUMNS = [
    *DEFAULT_COLUMNS,
    "RequestAttributesSequence[1].ScheduledProcedureStepDescription",
    '(0009,"ACME",10)',
]


def original(rng: random.Random) -> bytes:
    nested = b"".join(
        item(element(0x00080005, "CS", b"ISO_IR 126") + element(0x00400007, "LO", b"\xe1\xe2"))
        for _ in range(rng.randrange(4))
    )
    return part10(
        element(0x00080005, "CS", rng.choice([b"ISO_IR 192", b"ISO 2022 IR 87", b"", b"junk"])),
        element(0x00080008, "CS", b"ORIGINAL\\PRIMARY\\AXIAL"),
        element(0x00080060, "CS", b"CT"),
        element(0x00090010, "LO", b"ACME"),
        element(0x00091010, "UT", bytes(rng.randrange(256) for _ in range(40)) * 800),
        element(0x00100010, "PN", "Äneas^Rüdiger".encode()),
        element(0x00200013, "IS", b"12"),
        element(0x00200032, "DS", b"-1.5\\2.5\\3e1"),
        element(0x00280010, "US", b"\x00\x02"),
        element(0x00400275, "SQ", nested),
        syntax=rng.choice(["1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.1.99"]),
    )


def mutant(rng: random.Random) -> bytes:
    data = bytearray(original(rng))
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(132, len(data))
        kind = rng.randrange(5)
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            data[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\xfe\xff\xff\xff", b"\0\0\0\0"])
        elif kind == 2:
            del data[at : at + rng.randrange(64)]
        elif kind == 3:
            data[at:at] = data[132 : 132 + rng.randrange(64)]
        else:
            del data[at + 1 :]
        if len(data) < 140:
            break
    return bytes(data)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_mutant_is_a_row(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    paths = []
    for number in range(NMUTANTS // 3):
        paths.append(tmp_path / f"{number:03d}")
        paths[-1].write_bytes(mutant(rng))
    table = pa.table(scan(paths, COLUMNS, workers=2))
    table.validate(full=True)
    assert table["path"].to_pylist() == [str(path) for path in paths]
    statuses = table["status"].to_pylist()
    assert set(statuses) <= set(STATUSES)
    assert {"ok", "truncated"} <= set(statuses)
    again = pa.table(scan(paths, COLUMNS, workers=1, batch_rows=50)).combine_chunks()
    assert again.equals(table.combine_chunks())
