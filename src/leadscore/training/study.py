"""Settings that optuna proposes within bounds: seeded, and taken up again where a search was interrupted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from leadscore.models.boosted_trees import BoostedTrees
from leadscore.models.hinge_regression import HingeLogisticRegression
from leadscore.training.candidates import Candidate, Past, blend

__all__ = ["Space", "Study", "available", "fingerprint"]

Space: TypeAlias = Literal["bounded", "larger"]

_BOUNDED: Final = {
    "n_estimators": (40, 150),
    "num_leaves": (4, 15),
    "max_depth": (3, 6),
    "learning_rate": (0.03, 0.15),
    "min_child_samples": (20, 200),
    "reg_lambda": (0.1, 30.0),
}
_LARGER: Final = {
    "n_estimators": (100, 400),
    "num_leaves": (8, 47),
    "max_depth": (5, 10),
    "learning_rate": (0.015, 0.1),
    "min_child_samples": (10, 200),
    "reg_lambda": (0.1, 100.0),
}
_TREES: Final[Mapping[Space, Mapping[str, tuple[float, float]]]] = {"bounded": _BOUNDED, "larger": _LARGER}
_WHOLE: Final = ("n_estimators", "num_leaves", "max_depth", "min_child_samples")
_C: Final = (0.01, 3.0)
_STARTS: Final = 6
_WORTH: Final = 2e-4
"""Log loss by which settings must be better to keep a search going."""


def available() -> bool:
    """Whether optuna is installed."""
    return find_spec("optuna") is not None


def fingerprint(past: Past, winner: Candidate, seed: int) -> str:
    """Names a search by what it learns from, so that a journal of other leads is never taken up."""
    content = hashlib.sha256(f"{winner} {winner.estimator.get_params()} {seed}".encode())
    for column in (past.X, past.y, past.counts, past.moments):
        content.update(column.tobytes())
    return content.hexdigest()[:16]


class Study:
    """One search for settings that better a candidate.

    Parameters
    ----------
    winner
        The best candidate so far: where it is a blend its parts are searched, else both families are.
    space
        Bounds: ``bounded`` keeps reasons fast; ``larger`` has more and deeper trees.
    seed
        The same seed proposes the same settings.
    name
        Name of the search in the journal.
    journal
        File that an interrupted search goes on from; in memory when None.
    """

    def __init__(self, winner: Candidate, space: Space, *, seed: int, name: str, journal: Path | None = None) -> None:
        # Half a second and a package of the training extra, which scoring does not need.
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._optuna, self._winner, self._space, self._seed = optuna, winner, space, seed
        storage = None
        if journal is not None:
            from optuna.storages.journal import JournalFileBackend, JournalStorage

            storage = JournalStorage(JournalFileBackend(str(journal)))
        self._study = optuna.create_study(storage=storage, study_name=f"{name}-{space}", load_if_exists=True)
        for trial in self._study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
            self._study.tell(trial.number, state=optuna.trial.TrialState.FAIL)

    @property
    def finished(self) -> list[Any]:
        """Trials that were run to their end or given up as worse."""
        states = (self._optuna.trial.TrialState.COMPLETE, self._optuna.trial.TrialState.PRUNED)
        return list(self._study.get_trials(deepcopy=False, states=states))

    @property
    def seconds(self) -> float:
        """Time that the finished trials took, also before an interruption."""
        return sum((trial.duration or timedelta()).total_seconds() for trial in self.finished)

    def idle(self, bar: float) -> int:
        """Finished trials since the last one that was worth its while; the first has to be better than a bar."""
        since = 0
        for trial in self.finished:
            better = trial.state is self._optuna.trial.TrialState.COMPLETE and trial.value < bar - _WORTH
            bar, since = (trial.value, 0) if better else (bar, since + 1)
        return since

    def best(self, bar: float) -> Candidate | None:
        """The best settings so far; None where none is worth its while against a bar."""
        complete = [trial for trial in self.finished if trial.state is self._optuna.trial.TrialState.COMPLETE]
        best = min(complete, key=lambda trial: (trial.value, trial.number), default=None)
        return None if best is None or best.value >= bar - _WORTH else self._candidate(best.params)

    def ask(self) -> tuple[Any, Candidate]:
        """The next settings to try."""
        # Seeded by the number of the trial, so that a search that was interrupted proposes what it would have.
        self._study.sampler = self._optuna.samplers.TPESampler(
            seed=1000 * self._seed + len(self.finished), n_startup_trials=_STARTS
        )
        trial = self._study.ask()
        if self._winner.family != "blend" and self._space == "bounded":
            family = trial.suggest_categorical("family", ["logistic_regression", "boosted_trees"])
        else:
            family = "boosted_trees" if self._winner.family != "blend" else "blend"
        if family != "boosted_trees":
            trial.suggest_float("C", *_C, log=True)
        if family == "logistic_regression":
            trial.suggest_categorical("hinges", [True, False])
        else:
            for name, (low, high) in _TREES[self._space].items():
                if name in _WHOLE:
                    trial.suggest_int(name, int(low), int(high), log=name == "min_child_samples")
                else:
                    trial.suggest_float(name, low, high, log=True)
        if family == "blend":
            trial.suggest_float("share", 0.1, 0.9)
        return trial, self._candidate(trial.params)

    def tell(self, trial: Any, loss: float, *, lost: bool = False) -> None:
        """Note the mean log loss of a trial, or that it was given up as worse."""
        if lost:
            self._study.tell(trial, state=self._optuna.trial.TrialState.PRUNED)
        else:
            self._study.tell(trial, loss)

    def give_up(self, trial: Any) -> None:
        """Note that the time ended a trial."""
        self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)

    def _candidate(self, params: Mapping[str, Any]) -> Candidate:
        winner, levels = self._winner.estimator, self._winner.estimator.levels
        seed = getattr(winner, "random_state", self._seed)
        parts = []
        if "C" in params:
            # Three digits: what is written is what was fitted.
            C, hinges = float(f"{params['C']:.3g}"), params.get("hinges", True)
            additive = HingeLogisticRegression(C=C, levels=levels, hinges=hinges)
            parts.append(Candidate("logistic_regression", f"C={C:g}{'' if hinges else ', straight'}", additive))
        if "n_estimators" in params:
            grown: dict[str, Any] = {n: params[n] if n in _WHOLE else float(f"{params[n]:.3g}") for n in _BOUNDED}
            parts.append(
                Candidate(
                    "boosted_trees",
                    f"{grown['n_estimators']} trees of {grown['num_leaves']} leaves, depth {grown['max_depth']}, "
                    f"rate {grown['learning_rate']:g}, {grown['min_child_samples']} in a leaf, "
                    f"l2 {grown['reg_lambda']:g}",
                    BoostedTrees(**grown, levels=levels, random_state=seed),
                )
            )
        one = blend(parts[0], parts[1], round(params["share"], 2)) if len(parts) == 2 else parts[0]
        recency = self._winner.recency
        return one if recency == type(recency)() else one.with_recency(recency, self._winner.unit)
