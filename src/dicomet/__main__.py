"""``python -m dicomet``: the same as the command ``dicomet``."""

import sys

from dicomet.cli import main

sys.exit(main())
