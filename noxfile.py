"""Sessions: tests, lint, sanitize, fuzz, bench; `.ci/run` does all but the last without nox."""

from __future__ import annotations

import nox

nox.options.sessions = ["lint", "tests"]


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """The test suite against an installed wheel."""
    session.install(".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and types by two checkers."""
    session.install(".[test]", "ruff")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("pyright")


@nox.session
def sanitize(session: nox.Session) -> None:
    """C tests and Python tests under clang's sanitizers."""
    session.install(".[test]", "cmake", "cython", "ninja")
    folder = session.create_tmp()
    session.run("tools/ci_sanitize.sh", folder, *session.posargs, external=True)


@nox.session
def fuzz(session: nox.Session) -> None:
    """The libFuzzer targets, 60 seconds unless told otherwise."""
    session.install("cmake", "ninja", "pydicom")
    folder = session.create_tmp()
    session.run("tools/ci_fuzz.sh", folder, *(session.posargs or ["60"]), external=True)


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmarks with their rivals."""
    session.install(".[bench]")
    session.run("python", "-m", "benchmarks", *session.posargs)
