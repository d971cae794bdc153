"""Runs in FLAML's own environment: learn from the arrays of one file, write the likelihoods into another."""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from flaml import AutoML


def frame(X: np.ndarray, categorical: np.ndarray) -> pd.DataFrame:
    """Numbers as they are, and codes of categories as text, which FLAML treats as categories."""
    columns = {
        f"f{j}": pd.Series([None if np.isnan(v) else f"{v:.0f}" for v in column], dtype="object").astype("category")
        if categorical[j]
        else column
        for j, column in enumerate(X.T)
    }
    return pd.DataFrame(columns)


def main(source: str, target: str, seconds: str) -> None:
    """Search for as long as is said, and predict."""
    given = np.load(source)
    early, late = frame(given["early"], given["categorical"]), frame(given["late"], given["categorical"])
    options = {"task": "classification", "metric": "log_loss", "time_budget": float(seconds), "seed": 0, "verbose": 0}
    if "weight" in given:
        options["sample_weight"] = given["weight"]
    begun = time.perf_counter()
    search = AutoML()
    search.fit(early, given["y"], **options)
    taken = time.perf_counter() - begun
    np.savez(target, p=search.predict_proba(late)[:, 1], seconds=taken, best=search.best_estimator)


if __name__ == "__main__":
    main(*sys.argv[1:])
