"""Our service with a store that keeps nothing: what answers cost without the log. For measuring only.

Run as ``python unlogged.py BUNDLE SCRATCH``; prints its address and serves until it is ended.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from leadscore.models.bundle import load_bundle
from leadscore.scoring import EarlierDecision, Scorer
from leadscore.serving import DecisionStore, Settings, create_app, run
from leadscore.serving.store import DecisionRecord, KeyedRequest, Written


class Forgetful(DecisionStore):
    """Neither writes decisions nor looks for earlier ones."""

    async def append(
        self, records: Sequence[DecisionRecord], keyed: KeyedRequest | None = None, reply: bytes = b""
    ) -> Written:
        """Say that it is done."""
        return Written()

    def last_said(self, lead_ids: Sequence[str]) -> dict[str, EarlierDecision]:
        """Know nothing."""
        return {}


if __name__ == "__main__":
    scorer = Scorer(load_bundle(Path(sys.argv[1])))
    with Forgetful(Path(sys.argv[2]) / "unlogged.db") as store:
        app = create_app(scorer, store, Settings(auth=False))
        run(app, "127.0.0.1", 0, announce=lambda url: print(url, flush=True))
