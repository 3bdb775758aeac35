"""Imports look down the layers of docs/architecture.md; optional packages stay optional."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "dicomet"

# Lowest first. Modules of one layer may import each other, as long as there is no cycle.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("errors",),
    ("_native", "_charsets", "_keywords", "charset", "valuetypes", "datetimes", "dateranges"),
    ("tags", "uids", "iods"),
    ("arrays", "element", "sequence", "resolve"),
    ("encode", "conversions", "editing", "private", "dataset"),
    ("findings", "filedataset", "inflate", "reader", "pickling", "formatting"),
    ("model", "modelvalues", "json", "jsonreader", "xml", "xmlreader"),
    ("syntax", "planning", "writecheck", "writer", "modify"),
    ("pixels", "media", "net"),
    ("validation",),
    ("bulk",),
    ("deid",),
    ("cli",),
    ("__main__",),
)

# Imports inside functions that look upward, and why they may: methods that users expect on a class
# whose work is done above it, and which cost nothing until they are called.
LATE_UPWARD = {
    ("dataset", "formatting"): "Dataset.__str__",
    ("conversions", "json"): "Dataset.to_json, from_json",
    ("conversions", "xml"): "Dataset.to_xml, from_xml",
    ("dataset", "pickling"): "Dataset.__reduce__",
    ("conversions", "writer"): "Dataset.save_as",
    ("dataset", "pixels.frames"): "Dataset.frames",
    ("dataset", "pixels.pixelarray"): "Dataset.pixel_array",
    ("conversions", "pixels.transcode"): "Dataset.transcode",
    ("element", "json"): "DataElement.to_json_dict, from_json",
}

# The module, or the package, where each library that the bare installation lacks, or loads late, is imported.
ONLY_IN = {
    "pyarrow": "bulk.parquet",
    "duckdb": "cli.query",
    "typer": "cli.commands",
    "rich": "cli.console",
    "imagecodecs": "pixels.libraries",
    "av": "pixels.libav",
}


def _name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
NATIVE = {_name(path): path for path in sorted(PACKAGE.rglob("*.pyx"))}


def _imports(tree: ast.AST, package: str, late: bool = False) -> Iterator[tuple[str, bool]]:
    """Absolute names that are imported, and whether inside a function; nothing for type checkers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield module, late
            yield from ((f"{module}.{alias.name}", late) for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                yield from _imports(other, package, late)
        else:
            inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from _imports(node, package, late or inside)


def _imports_of(name: str) -> Iterator[tuple[str, bool]]:
    path = MODULES[name]
    full = f"dicomet.{name}" if name else "dicomet"
    package = full if path.stem == "__init__" else full.rpartition(".")[0]
    return _imports(ast.parse(path.read_text(encoding="utf-8")), package)


def _python_edges() -> Iterator[tuple[str, str, bool]]:
    for name in MODULES:
        for target, late in _imports_of(name):
            inside = target.removeprefix("dicomet.")
            if target.startswith("dicomet.") and (inside in MODULES or inside in NATIVE):
                yield name, inside, late


def _native_edges() -> Iterator[tuple[str, str, bool]]:
    pattern = re.compile(r"^\s*(?:from|c?import)\s+dicomet\.([\w.]+)", re.MULTILINE)
    for name, path in NATIVE.items():
        sources = [path, path.with_suffix(".pxd")]
        for source in sources:
            if source.exists():
                for target in pattern.findall(source.read_text(encoding="utf-8")):
                    if not target.startswith("_native.libdcm"):
                        yield name, target, False


EDGES = [(a, b, late) for a, b, late in (*_python_edges(), *_native_edges()) if a != b]


def _layer(name: str) -> int:
    for number, names in enumerate(LAYERS):
        if name.split(".")[0] in names:
            return number
    raise AssertionError(f"{name} stands in no layer: add it to LAYERS and to docs/architecture.md")


def test_every_module_has_a_layer() -> None:
    for name in (*MODULES, *NATIVE):
        if name:
            _layer(name)
    assert len(EDGES) > 40


def test_imports_look_down() -> None:
    upward = {(a, b) for a, b, late in EDGES if a and not late and _layer(b) > _layer(a)}
    assert not upward


def test_late_imports_look_down_or_are_listed() -> None:
    upward = {(a, b) for a, b, late in EDGES if a and late and _layer(b) > _layer(a)}
    assert upward == LATE_UPWARD.keys()


def test_the_table_of_contents_imports_nothing() -> None:
    assert not [edge for edge in EDGES if edge[0] == "" and not edge[2]]
    assert len(MODULES[""].read_text(encoding="utf-8").splitlines()) < 40


def test_there_is_no_cycle() -> None:
    """Over what is imported when a module is; packages stand for what their own file imports."""
    below: dict[str, set[str]] = {}
    for a, b, late in EDGES:
        # a package's own file is run before its modules, but does not wait for those that import it
        if not late and not b.startswith(f"{a}.") and not a.startswith(f"{b}."):
            below.setdefault(a, set()).add(b)
    while True:  # take away what imports nothing that is left
        ready = {name for name, targets in below.items() if not targets & below.keys()}
        if not ready:
            break
        for name in ready:
            del below[name]
    assert not below


def test_native_code_imports_no_class_of_the_project_but_errors() -> None:
    for a, b, _ in EDGES:
        if a.startswith("_native"):
            assert b == "errors" or b.startswith("_native"), (a, b)


def test_libdcm_mirrors_headers_and_nothing_else() -> None:
    for path in (PACKAGE / "_native" / "libdcm").glob("*.pxd"):
        if path.stem == "__init__":
            continue
        text = path.read_text(encoding="utf-8")
        externs = set(re.findall(r'cdef extern from "([^"]+)"', text))
        assert externs <= {f"{path.stem}.h", "stdbool.h"}, path
        assert (ROOT / "csrc" / f"{path.stem}.h").exists(), path


def test_the_core_knows_nothing_of_python() -> None:
    for path in (ROOT / "csrc").rglob("*.[ch]"):
        assert "Python.h" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("package", ONLY_IN)
def test_optional_packages_are_imported_in_one_place(package: str) -> None:
    homes = {name for name in MODULES for target, _ in _imports_of(name) if target.split(".")[0] == package}
    assert homes
    assert all(f"{name}.".startswith(f"{ONLY_IN[package]}.") for name in homes), homes


def _loaded(code: str) -> set[str]:
    """Top-level packages that are loaded after running `code` in a fresh interpreter."""
    code = f"import sys\n{code}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


LATE_PACKAGES = {"numpy", "imagecodecs", "typing", "dataclasses", "inspect", *ONLY_IN}


def test_import_loads_nothing_heavy() -> None:
    assert not _loaded("import dicomet") & LATE_PACKAGES


def test_reading_needs_no_numpy() -> None:
    data = b"\x08\0\x05\0CS\x0a\0ISO_IR 100\x10\0\x10\0PN\4\0A^B=" + bytes(200)
    code = f"import dicomet; ds = dicomet.dcmread({data!r}); ds.PatientName, ds.findings"
    assert not _loaded(code) & {"numpy", "imagecodecs", *ONLY_IN}
