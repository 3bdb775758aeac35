"""Options of ``pytest benchmarks/``."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """How many interleaved rounds are run."""
    parser.addoption("--rounds", default=3, type=int, help="interleaved rounds a journey")
