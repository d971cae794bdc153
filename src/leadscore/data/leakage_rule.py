"""The rule: from the figures of one column to BLOCK, ASK or ok, with the reason in a sentence.

The checks are asked in order. The first that says BLOCK decides, else the first that says ASK; a column that no check
has a word for is ok. No single soft sign convicts: a name, a changed share, or an AUC below .93 is never BLOCK alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from leadscore.data.leakage_evidence import Evidence, FillByAge
from leadscore.data.leakage_later import Change

__all__ = ["Facts", "Verdict", "judge"]

Verdict = Literal["BLOCK", "ASK", "ok"]
Finding = tuple[Verdict, str]

TELLS, STRONG, EASY = 0.93, 0.9, 0.985
NAMED, NAMED_WEAK = 0.75, 0.57
_CHANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one column.

    Parameters
    ----------
    name
        The column.
    evidence
        By stage, the one that it tells best first; empty where no stage has leads of both outcomes.
    drop
        AUC that a quick model of all columns loses without this one.
    z
        Robust distance of its AUC from those of the other columns.
    adversarial_auc
        How well the column alone tells the newest quarter of the leads from the rest.
    fill
        How far old and new leads are filled in.
    order
        Rank correlation with the order of the leads, without sign.
    key
        Whether it looks like an identifier.
    suspicion
        What its name may tell of.
    after, moments
        Share of its moments that lie after creation, and how many moments it has.
    planned
        Whether its name is that of a plan, which may be known when a lead arrives.
    only_with
        An outcome column without which this one is never filled.
    easy
        Whether so many columns tell the outcome well that one more is no surprise.
    part
        A count that this one contains, and the AUC of what it counts on top of it.
    change
        How it moved between two snapshots.
    """

    name: str
    evidence: Mapping[str, Evidence]
    drop: float
    z: float
    adversarial_auc: float
    fill: FillByAge
    order: float = 0.0
    key: bool = False
    suspicion: str | None = None
    after: float = 0.0
    moments: int = 0
    planned: bool = False
    only_with: str | None = None
    easy: bool = False
    part: tuple[str, float] | None = None
    change: Change | None = None
    happened: Mapping[str, str] = field(default_factory=lambda: {"qualify": "qualified", "close": "won"})

    @property
    def strongest(self) -> tuple[str, Evidence] | None:
        """The stage that the column tells best."""
        return next(iter(self.evidence.items()), None)

    def people(self, stage: str, evidence: Evidence) -> str:
        """The positive leads in words."""
        word = self.happened.get(stage, "positive")
        return f"leads that were not {word}" if evidence.flipped else f"{word} leads"


def judge(facts: Facts) -> Finding:
    """Apply the rule to one column."""
    findings = [finding for check in _CHECKS for finding in check(facts)]
    for verdict in ("BLOCK", "ASK"):
        for finding in findings:
            if finding[0] == verdict:
                return finding
    return "ok", _fine(facts)


def _stamped_afterwards(f: Facts) -> Iterator[Finding]:
    said = f"{f.after:.0%} of its moments lie after the creation of the lead"
    if f.moments < 20 or f.after < 0.1:
        return
    if f.planned:
        yield "ASK", f"{said}: is it a plan that is known when a lead arrives?"
    elif f.after >= 0.5:
        yield "BLOCK", f"{said}: a new lead has none of them"
    else:
        yield "ASK", said


def _tells_the_outcome(f: Facts) -> Iterator[Finding]:
    for e in f.evidence.values():
        if f.easy and e.surely < EASY:
            continue
        if e.surely >= TELLS and not f.easy:
            yield (
                "BLOCK",
                f"by itself it tells the outcome (AUC {e.auc:.3f}): it is the outcome, or follows it",
            )
        elif e.surely >= STRONG:
            yield "ASK", f"by itself it tells the outcome (AUC {e.auc:.3f}): is it known when a lead arrives?"


def _filled_for_one_outcome(f: Facts) -> Iterator[Finding]:
    if f.only_with is not None:
        yield "BLOCK", f"it is never filled in unless {f.only_with!r} is: it is written down with the outcome"
    for stage, e in f.evidence.items():
        who = f.people(stage, e)
        if e.blank_auc >= 0.9:
            yield "BLOCK", f"whether it is filled in tells the outcome by itself (AUC {e.blank_auc:.3f})"
        if e.filled < 20 or e.filled == e.rows:
            continue
        if e.filled_rate >= 0.98 and e.base_rate**e.filled < _CHANCE:
            yield "BLOCK", f"it is filled in for {e.filled} leads and {e.filled_rate:.0%} of them are {who}"
        elif e.filled_rate <= 0.02 * e.base_rate and (1 - e.base_rate) ** e.filled < _CHANCE:
            verdict: Verdict = "BLOCK" if e.covered >= 0.3 else "ASK"
            yield verdict, f"it is filled in for {e.filled} leads and next to none of them are {who}"


def _pure(f: Facts) -> Iterator[Finding]:
    for stage, e in f.evidence.items():
        if e.purity >= 0.25:
            verdict: Verdict = "BLOCK" if e.purity >= 0.5 else "ASK"
            yield verdict, f"{e.purity:.0%} of the {f.people(stage, e)} have values that hardly any other lead has"


def _key(f: Facts) -> Iterator[Finding]:
    for e in f.evidence.values():
        if f.key and e.surely >= 0.6:
            yield "BLOCK", f"an identifier that tells the outcome (AUC {e.auc:.2f}): it is given out by what happens"
    if f.order >= 0.97:
        yield "BLOCK", "it runs with the order of the leads: it tells how old a lead is, and a new lead lies beyond it"


def _named(f: Facts) -> Iterator[Finding]:
    if f.suspicion is None:
        return
    for e in f.evidence.values():
        if e.auc >= NAMED and e.surely >= NAMED - 0.05:
            yield "BLOCK", f"its name speaks of {f.suspicion}, and by itself it has an AUC of {e.auc:.2f}"
        elif e.auc >= NAMED_WEAK and e.surely >= 0.54:
            yield "ASK", f"its name speaks of {f.suspicion}, and by itself it has an AUC of {e.auc:.2f}"


def _running_total(f: Facts) -> Iterator[Finding]:
    if f.part is not None:
        part, auc = f.part
        yield (
            "BLOCK",
            f"it counts all that {part!r} counts and goes on afterwards: what it has on top tells the outcome (AUC "
            f"{auc:.2f})",
        )


def _emptier_when_new(f: Facts) -> Iterator[Finding]:
    fill = f.fill
    if fill.old < 0.05 or fill.new > 0.3 * fill.old or fill.by_chance > 1e-4:
        return
    said = f"filled in for {fill.old:.0%} of the older leads and {fill.new:.0%} of the newest"
    tells = any(max(e.auc, e.blank_auc) >= 0.6 for e in f.evidence.values())
    if tells and fill.before > 2 * fill.new:
        yield "BLOCK", f"{said}: it comes later, and it tells the outcome"
    else:
        yield "ASK", f"{said}: it comes later, or was given up, and new leads lack it"


def _moved_with_the_outcome(f: Facts) -> Iterator[Finding]:
    c = f.change
    if c is None or not c.cells:
        return
    cells = f"{c.share:.1%} of its cells changed between the two exports"
    if c.z >= 2.5 and c.cells >= 10:
        verdict: Verdict = "BLOCK" if c.z >= 5 and c.lift >= 2 else "ASK"
        yield verdict, f"{cells}, {c.lift:.1f} times as often where the outcome was decided or happened"
    if c.auc_gain >= 0.01 and c.auc_gain > 5 * c.gain_error:
        yield ("BLOCK" if c.auc_gain >= 0.05 else "ASK"), f"{cells}, and then it told more (AUC {c.auc_gain:+.3f})"
    if c.overwritten >= 20 and c.overwritten >= 0.01 * c.leads:
        yield "ASK", f"{c.overwritten} of its cells were overwritten: what a lead brought is not what stands there"
    elif c.share >= 0.1:
        yield "ASK", f"{cells}: what a lead brought is not what stands there"


def _several_soft_signs(f: Facts) -> Iterator[Finding]:
    best = f.strongest
    if best is None:
        return
    _, e = best
    signs = {
        f"its AUC of {e.auc:.2f} stands out from the other columns": f.z >= 8 and e.auc >= 0.7,
        f"without it a quick model loses {f.drop:.2f} of AUC": f.drop >= 0.08,
        f"whether it is filled in tells the outcome (AUC {e.missing_auc:.2f})": e.missing_auc >= 0.68,
        f"{e.purity:.0%} of the positive leads have pure values": e.purity >= 0.15,
        f"it tells less forward in time (AUC {e.forward_auc:.2f})": e.auc - e.forward_auc >= 0.08 and e.auc >= 0.65,
    }
    said = [sign for sign, holds in signs.items() if holds]
    if len(said) >= 3:
        yield "ASK", "several soft signs: " + ", ".join(said)


_CHECKS: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    _stamped_afterwards,
    _filled_for_one_outcome,
    _key,
    _pure,
    _tells_the_outcome,
    _named,
    _running_total,
    _emptier_when_new,
    _moved_with_the_outcome,
    _several_soft_signs,
)


def _fine(f: Facts) -> str:
    best = f.strongest
    if best is None:
        return "nothing to judge it by: no outcome with enough leads of both kinds"
    return f"nothing speaks against it (AUC {best[1].auc:.2f} by itself)"
