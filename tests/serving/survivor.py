"""A service for the proofs, started by them: as users run it, or with one promise broken on purpose."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from leadscore.models.bundle import load_bundle
from leadscore.scoring.scorer import Scorer
from leadscore.serving import DecisionStore, Settings, create_app, run
from leadscore.serving.store import Written


class Hasty(DecisionStore):
    """The negative control: says that it has stored what it is only about to store."""

    async def append(self, *given: object) -> Written:
        """Answer at once and write later."""
        self.later = [task for task in getattr(self, "later", []) if not task.done()]
        self.later.append(asyncio.ensure_future(self._late(*given)))
        return Written()

    async def _late(self, *given: object) -> None:
        await asyncio.sleep(0.02)
        await super().append(*given)


def main(bundle: str, place: str, hasty: bool) -> None:
    """Serve until killed."""
    with (Hasty if hasty else DecisionStore)(place) as store:
        app = create_app(Scorer(load_bundle(Path(bundle))), store, Settings(auth=False))
        run(app, "127.0.0.1", 0, announce=lambda url: print(url, flush=True))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
