"""Joining: the leads, and the files whose columns are added to each of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from leadscore.data.locations import Place, located
from leadscore.data.rows import Intake
from leadscore.data.sources import Join, Sources
from leadscore.data.tables import read_table
from leadscore.errors import BadInput

__all__ = ["read_joined"]


def read_joined(
    sources: Sources,
    folder: Path,
    leads: Place | None = None,
    *,
    id: str | None = None,
    intake: Intake | None = None,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Read the leads and the files joined to them.

    Parameters
    ----------
    sources
        Names of the files.
    folder
        Folder that relative paths start from.
    leads
        File or table of the leads, in place of the recipe's.
    id
        Column with the id of the lead.
    intake
        Told what was skipped, and the line of each lead.

    Returns
    -------
    frame, origin
        One row per lead, and for each joined column the file that it came from.

    Raises
    ------
    BadInput
        A file or key column is missing, or a key repeats in a joined file.
    """
    path = leads or located(sources.leads, folder)
    intake = intake or Intake()
    frame = read_table(path, encoding=sources.encoding, delimiter=sources.delimiter, id=id, intake=intake)
    origin: dict[str, str] = {}
    for join in sources.join:
        frame, added = _join(frame, join, located(join.file, folder), sources, intake)
        origin |= dict.fromkeys(added, str(join.file))
    return frame, origin


def _join(
    frame: pd.DataFrame, join: Join, path: Place, sources: Sources, intake: Intake
) -> tuple[pd.DataFrame, list[str]]:
    seen = Intake()
    other = read_table(path, encoding=sources.encoding, delimiter=sources.delimiter, intake=seen)
    intake.remarks += seen.remarks
    for table, name in ((frame, "the leads"), (other, path.name)):
        if join.on not in table.columns:
            raise BadInput(
                f"join on {join.on!r}: {name} has no such column; it has {_listed(table.columns)}. "
                "Mend `on` of this file under [data] join."
            )
    wanted = [c for c in (tuple(other.columns) if join.columns is None else join.columns) if c != join.on]
    if absent := [c for c in wanted if c not in other.columns]:
        raise BadInput(f"{path.name} has no column {absent[0]!r}; it has {_listed(other.columns)}.")
    repeated = other[join.on].duplicated() & (other[join.on] != "")
    if repeated.any():
        row = int(np.concatenate(seen.lines)[np.flatnonzero(repeated.to_numpy())[0]])
        raise BadInput(
            f"{path.name}, row {row}, column {join.on!r}: the key repeats ({int(repeated.sum())} times in all), so a "
            "lead would be counted twice. Keep one row per key in that file."
        )
    names = {c: f"{path.stem}.{c}" if c in frame.columns else c for c in wanted}
    other = other.loc[other[join.on] != "", [join.on, *wanted]].rename(columns=names)
    return frame.merge(other, on=join.on, how="left").fillna(""), list(names.values())


def _listed(names: pd.Index) -> str:
    shown = ", ".join(repr(n) for n in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")
