"""Data sets of `leadforge` 1.0.0: relational tables of a simulated funnel, and the flat snapshot that it makes of them.

The tables hold everything that ever happened, so a recipe says when a lead is scored: thirty days after creation. The
flat snapshot looks at the same day and comes with a random split into train, valid and test. Leads that were won by
that day are nobody's question any more and are left out of both.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import lightgbm as lgb
import numpy as np
import pandas as pd
from comparison import say
from environments import CACHE, Environment
from peers import Peer, second, timed
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leadscore.data.kinds import told_as
from leadscore.models.bundle import Bundle
from leadscore.training.pipeline import read
from leadscore.training.recipe import Recipe, load_recipe

__all__ = ["Difficulty", "LeadForge", "made"]

Difficulty: TypeAlias = Literal["intermediate", "advanced"]

TARGET = "converted_within_90_days"
SNAPSHOT_DAY = 30
LATER = ["current_stage", "is_sql", "total_touches_all"]
"""Columns of the flat snapshot that tell of the time after it."""

SIZES = {"seed": 5, "n-leads": 20_000, "n-accounts": 6_000, "n-contacts": 16_000}

RECIPE = """
name = "leadforge"

[data]
leads = "tables/leads.parquet"
activities = [
  { file = "tables/touches.parquet", id = "lead_id", time = "touch_timestamp", type = "touch_type" },
  { file = "tables/sessions.parquet", id = "lead_id", time = "session_timestamp", type = "session_type", values = [
    "page_views", "pricing_page_views", "demo_page_views", "session_duration_seconds"] },
  { file = "tables/sales_activities.parquet", id = "lead_id", time = "activity_timestamp", type = "activity_outcome" },
  { file = "tables/opportunities.parquet", id = "lead_id", time = "created_at", values = ["estimated_acv"] },
  { file = "tables/opportunities.parquet", id = "lead_id", time = "closed_at", type = "close_outcome" },
]
join = [
  { file = "tables/accounts.parquet", on = "account_id", columns = [
    "industry", "region", "employee_band", "estimated_revenue_band", "process_maturity_band"] },
  { file = "tables/contacts.parquet", on = "contact_id", columns = [
    "job_title", "role_function", "seniority", "buyer_role", "email_domain_type"] },
]

[lead]
id = "lead_id"
created = "lead_created_at"
segment = "employee_band"
moments = [30]                        # days after creation at which a lead is scored

[close]
column = "converted_within_90_days"
positive = [true]
at = "conversion_timestamp"
horizon_days = 90

[columns]
ignore = [
  "current_stage",                    # the last stage of all
  "is_sql",                           # so is this
  "owner_rep_id",                     # given when the lead is worked
]

[value]
margin_per_win = 10000
"""


@dataclass(frozen=True, slots=True)
class LeadForge:
    """One generated data set.

    Parameters
    ----------
    folder
        Where it lies: ``tables``, ``tasks`` and our ``recipe.toml``.
    """

    folder: Path

    @property
    def recipe(self) -> Recipe:
        """Ours."""
        return load_recipe(self.folder / "recipe.toml")

    @property
    def leads(self) -> pd.DataFrame:
        """The leads as the tables have them."""
        return pd.read_parquet(self.folder / "tables" / "leads.parquet")

    def flat(self, part: str) -> pd.DataFrame:
        """``train``, ``valid`` or ``test`` of the flat snapshot, without leads that were won when it was taken."""
        leads = self.leads
        days = (pd.to_datetime(leads["conversion_timestamp"]) - pd.to_datetime(leads["lead_created_at"])).dt.days
        flat = pd.read_parquet(self.folder / "tasks" / TARGET / f"{part}.parquet")
        return flat[~flat["lead_id"].isin(leads.loc[days <= SNAPSHOT_DAY, "lead_id"])].reset_index(drop=True)

    def without_test(self) -> Path:
        """Our leads but those of its own test split."""
        path = self.folder / "tables" / "leads_but_test.parquet"
        leads = self.leads
        leads[~leads["lead_id"].isin(self.flat("test")["lead_id"])].to_parquet(path, index=False)
        return path

    def judge(self, bundle: Bundle) -> tuple[np.ndarray, np.ndarray]:
        """Our likelihoods of its own test leads, from the tables, and their outcomes."""
        test = self.flat("test")
        history = told_as(read(self.recipe), bundle.activities)
        place = pd.Series(np.arange(len(history)), index=history.lead_id)
        rows = place.loc[test["lead_id"].astype(str)].to_numpy()
        p = bundle.likelihoods(bundle.encoder.encode_frame(history.frame.iloc[rows]))[1]
        assert p is not None
        return p, test[TARGET].to_numpy(dtype=float)

    def flat_peers(self) -> Iterator[Peer]:
        """Models of the flat snapshot, on its own test split."""
        train, test = pd.concat([self.flat("train"), self.flat("valid")], ignore_index=True), self.flat("test")
        out = [*LATER, TARGET, "lead_created_at", *(c for c in train if c.endswith("_id"))]
        X, y = train.drop(columns=out), train[TARGET].to_numpy(dtype=int)
        texts = [c for c in X if X[c].dtype == "string"]
        rest = [c for c in X if c not in texts]

        def as_floats(frame: pd.DataFrame) -> pd.DataFrame:
            plain = {c: frame[c].astype("Float64").to_numpy(dtype=float, na_value=np.nan) for c in rest}
            return pd.DataFrame(plain | {c: pd.Categorical(frame[c], categories=X[c].unique().dropna()) for c in texts})

        early, late = as_floats(X), as_floats(test)
        numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        answers = make_column_transformer((numbers, rest), (OneHotEncoder(handle_unknown="ignore"), texts))
        models: dict[str, Any] = {
            "logistic regression": make_pipeline(answers, LogisticRegression(max_iter=2000)),
            "LightGBM": lgb.LGBMClassifier(verbosity=-1),
            "80 trees of 7 leaves": lgb.LGBMClassifier(n_estimators=80, num_leaves=7, verbosity=-1),
        }
        for name, model in models.items():
            yield timed(f"{name} on its flat snapshot", _learned(model, early, y, late))


def made(difficulty: Difficulty) -> LeadForge:
    """The data set, generated at first use under the user's cache folder.

    Raises
    ------
    OSError
        `leadforge` cannot be installed, or failed.
    """
    home = Environment("leadforge")
    folder = CACHE / f"leadforge-{home.pins['leadforge']}-{difficulty}"
    if not folder.exists():
        say(f"generating {folder.name}")
        partial = folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        sizes = [text for name, size in SIZES.items() for text in (f"--{name}", size)]
        options = ["--recipe", "b2b_saas_procurement_v1", "--difficulty", difficulty, "--mode", "research_instructor"]
        home.run("leadforge", ["generate", *options, *sizes, "--out", partial])
        partial.rename(folder)
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    return LeadForge(folder)


def _learned(model: Any, early: pd.DataFrame, y: np.ndarray, late: pd.DataFrame) -> Callable[[], np.ndarray]:
    return lambda: second(model.fit(early, y).predict_proba(late))
