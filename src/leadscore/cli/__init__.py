"""The command line: parse, wire and delegate; no logic.

Results go to stdout, progress and remarks to stderr. Every command ends with the exit code of the error tree:
0 done, 1 a bug of ours, 2 wrong usage, 3 bad input, 4 refused for cause, 5 out of reach, 130 interrupted.
"""

from __future__ import annotations

from leadscore.cli.main import app, main

__all__ = ["app", "main"]
