"""leadscore: how likely a lead is to qualify and to close, what that is worth, and who should touch it first.

The face of the package. Everything is loaded when first asked for, so that ``import leadscore`` is cheap.

Examples
--------
>>> import leadscore as ls
>>> ls.Structure.__name__
'Structure'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadscore.decisions import Structure as Structure
    from leadscore.errors import LeadScoreError as LeadScoreError
    from leadscore.scoring import Decision as Decision
    from leadscore.scoring import Scorer as Scorer
    from leadscore.training import load as load
    from leadscore.training import train as train
    from leadscore.training.recipe import Recipe as Recipe

__all__ = ["Decision", "LeadScoreError", "Recipe", "Scorer", "Structure", "__version__", "load", "train"]

_ROOMS = {
    "Decision": "leadscore.scoring",
    "LeadScoreError": "leadscore.errors",
    "Recipe": "leadscore.training.recipe",
    "Scorer": "leadscore.scoring",
    "Structure": "leadscore.decisions",
    "load": "leadscore.training",
    "train": "leadscore.training",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("leadscore")
    if name in _ROOMS:
        return getattr(import_module(_ROOMS[name]), name)
    raise AttributeError(f"module 'leadscore' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
