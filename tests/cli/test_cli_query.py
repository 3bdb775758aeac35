"""dicomet query, dicomet columns, dicomet demo."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from cli_running import Run

from dicomet.bulk.columns import DEFAULT_COLUMNS

ESC = "\x1b"


@pytest.fixture
def index(run: Run, archive: Path, tmp_path: Path) -> Path:
    output = tmp_path / "it's [an] index*.parquet"
    assert run("index", archive, "-o", output).status == 0
    return output


COUNT = "SELECT Modality, count(*) AS n FROM dicom GROUP BY ALL ORDER BY n DESC, Modality"


def test_a_table(run: Run, index: Path) -> None:
    ran = run("query", index, COUNT)
    assert (ran.status, ran.err) == (0, "")
    head, line, *rows = ran.out.splitlines()
    assert head.split() == ["Modality", "n"]
    assert set(line) == {"─"}
    assert rows == ["MR         2", "CT         1", "RTPLAN     1", "           1"]


def test_the_table_is_also_called_index(run: Run, index: Path) -> None:
    ran = run("query", index, "SELECT count(*) AS n FROM index", "--format", "csv")
    assert (ran.status, ran.out) == (0, "n\n5\n")


def test_csv_holds_lists_as_json(run: Run, index: Path) -> None:
    sql = "SELECT PatientName, ImageType, PixelSpacing, mtime FROM dicom WHERE Modality = 'CT'"
    ran = run("query", index, sql, "--format", "csv")
    (row,) = csv.DictReader(ran.out.splitlines())
    assert row["PatientName"] == "CompressedSamples^CT1"
    assert json.loads(row["ImageType"]) == ["ORIGINAL", "PRIMARY", "AXIAL"]
    assert json.loads(row["PixelSpacing"]) == [0.661468, 0.661468]
    assert row["mtime"][4] == "-"
    assert row["mtime"][10] == "T"


def test_json_is_an_array_of_objects(run: Run, index: Path) -> None:
    sql = """SELECT Modality, "Rows", PixelSpacing, 'NaN'::DOUBLE AS nan, 1.5::DECIMAL(4, 2) AS d,
             DATE '2026-01-02' AS day, {'a': [1]} AS s, 'ab'::BLOB AS blob, true AS yes
             FROM dicom WHERE Modality = 'CT'"""
    ran = run("query", index, sql, "--format", "json")
    assert json.loads(ran.out) == [
        {
            "Modality": "CT",
            "Rows": 128,
            "PixelSpacing": [0.661468, 0.661468],
            "nan": None,
            "d": "1.50",
            "day": "2026-01-02",
            "s": {"a": [1]},
            "blob": "6162",
            "yes": True,
        }
    ]
    none = run("query", index, "SELECT * FROM dicom WHERE Modality = 'XX'", "--format", "json")
    assert json.loads(none.out) == []


def test_a_table_ends_after_a_thousand_rows_and_says_so(run: Run, index: Path) -> None:
    sql = "SELECT range AS n FROM range(1001)"
    ran = run("query", index, sql)
    assert ran.status == 0
    assert ran.out.splitlines()[-1].strip() == "999"
    assert ran.err.startswith("dicomet: only the first 1,000 rows are shown")
    assert len(run("query", index, sql, "--format", "csv").out.splitlines()) == 1002
    assert len(json.loads(run("query", index, sql, "--format", "json").out)) == 1001


def test_cells_cannot_steer_a_terminal(run: Run, index: Path) -> None:
    out = run("query", index, "SELECT chr(27) || '[31m[bold]x' AS \"a[bold]\"").out
    assert ESC not in out
    assert "\\x1b[31m[bold]x" in out
    assert "a[bold]" in out


def test_bad_sql(run: Run, index: Path) -> None:
    ran = run("query", index, "SELECT ShoeSize FROM dicom")
    assert (ran.status, ran.out) == (1, "")
    assert "ShoeSize" in ran.err
    assert "Traceback" not in ran.err
    assert run("query", index, "SELEC 1").status == 1
    assert run("query", index, "").status in (0, 1)


def test_an_index_that_is_not_there(run: Run, tmp_path: Path) -> None:
    ran = run("query", tmp_path / "none.parquet", "SELECT 1")
    assert ran.status == 1
    assert ran.err == f"dicomet: {tmp_path / 'none.parquet'}: No such file or directory\n"


def test_an_index_that_is_none(run: Run, archive: Path) -> None:
    ran = run("query", archive / "ct.dcm", "SELECT 1")
    assert ran.status == 1
    assert ran.err.startswith(f"dicomet: {archive / 'ct.dcm'}: cannot be read as Parquet")
    assert ran.err.count("\n") == 1


def test_columns_are_listed(run: Run) -> None:
    ran = run("columns")
    assert ran.status == 0
    lines = {line.split()[0]: line for line in ran.out.splitlines()[2:]}
    assert tuple(lines) == DEFAULT_COLUMNS
    assert len(lines) >= 30
    assert lines["PatientName"].split(maxsplit=1)[1] == "text            Patient's Name (0010,0010)"
    assert " list of float " in lines["PixelSpacing"]


def test_demo(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("data_store", reason="pydicom-data brings sample files")
    ran = run("demo", "-o", tmp_path / "kept")
    assert (ran.status, ran.err) == (0, "")
    assert ESC not in ran.out
    assert "Yamada^Tarou=山田^太郎=やまだ^たろう" in ran.out
    assert "(0010,0010) PN PatientName" not in ran.out  # the head of a dump ends before
    assert "(0008,0018) UI SOPInstanceUID" in ran.out
    assert "The same once more: 0 files read, " in ran.out
    decoded = next(line for line in ran.out.splitlines() if line.startswith("RLE Lossless "))
    assert decoded.split()[2:4] == ["12", "39"]
    assert ran.out.count("not decoded: ") == 3
    last = ran.out.splitlines()[-1]
    assert last.startswith("Done: indexed twice, 4 queries, all frames decoded, 1 dump. The index is ")
    assert (tmp_path / "kept" / "index.parquet").is_file()
    assert run("query", tmp_path / "kept" / "index.parquet", COUNT).status == 0


def test_demo_needs_no_network_and_leaves_nothing(run_process: Run, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "def refuse(event, _):\n"
        "    assert event not in ('socket.connect', 'socket.getaddrinfo', 'urllib.Request')\n"
        "sys.addaudithook(refuse)\n"
        "sys.argv[1:] = ['demo']\n"
        "from dicomet.cli import main\n"
        "try: main()\n"
        "finally: print('pydicom' in sys.modules, file=sys.stderr)"
    )
    ran = run_process("-c", code, TMPDIR=str(tmp_path), HOME=str(tmp_path))
    assert (ran.status, ran.err) == (0, "False\n")
    assert list(tmp_path.iterdir()) == []


def test_demo_without_sample_files(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from dicomet.cli import demo

    monkeypatch.setattr(demo, "find_spec", lambda name: None)
    ran = run("demo")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.endswith("pip install 'dicomet[demo]'\n")
