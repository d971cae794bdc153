"""How the review of skills is shown: what the figures say, the funnel, one table a stage, money."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from leadscore.cli.terminal import out, print_json, progress, remark

if TYPE_CHECKING:
    from leadscore.decisions.skills import SkillLevel
    from leadscore.training.skills_review import SkillsReview

__all__ = ["show_skills"]


def show_skills(
    recipe: Path,
    data: str | None = None,
    *,
    html: Path | None = None,
    seed: int = 0,
    json: bool = False,
    quiet: bool = False,
) -> None:
    """Review the skills and show what was found.

    Parameters
    ----------
    recipe, data
        As for training.
    html
        File for the page; none is written when None.
    seed, json, quiet
        As everywhere on the command line.
    """
    from leadscore.training.skills_review import review_skills

    with progress(quiet=quiet) as advance:
        review = review_skills(recipe, data=data, seed=seed, progress=advance)
    if html is not None:
        from leadscore.training.report.skills_page import skills_page

        html.write_text(skills_page(review), encoding="utf-8")
    if json:
        print_json(review.to_dict())
        return
    _print(review)
    for note in review.notes:
        remark(f"note: {note}", quiet=quiet)


def _print(review: SkillsReview) -> None:
    from leadscore.decisions.funnel import Funnel

    for sentence in review.conclusion:
        out.print(f"{sentence}.", markup=False)
    for stage, found in review.stages.items():
        levels = {"reps": found.reps} | ({} if found.teams is None else {"teams": found.teams})
        for what, level in levels.items():
            out.print()
            out.print(Funnel.of(level, f"[{stage}] {what}: realised minus expected conversion").text(), markup=False)
            out.print(_table(what, level))
    out.print(_money(review))


def _table(what: str, level: SkillLevel) -> Table:
    order = "by pooled effect" if level.ranked else "by name: nobody is ranked"
    table = Table(box=SIMPLE_HEAD, caption=f"{what} {order}; effects on the log-odds against the mean one, pooled")
    for header in (what[:-1].title(), "Leads", "Happened", "Expected", "Effect", "90 % interval", "Points", ""):
        table.add_column(header, justify="left" if header in ("Rep", "Team", "") else "right", overflow="fold")
    for g in level.groups:
        effect = (f"{g.effect:+z.2f}", f"{g.low:+z.2f} to {g.high:+z.2f}", f"{100 * g.points:+z.1f}", g.flag or "")
        table.add_row(escape(g.name), f"{g.leads:,}", f"{g.happened:,.10g}", f"{g.expected:,.1f}", *effect)
    return table


def _money(review: SkillsReview) -> Table:
    table = Table(
        title=f"What it would be worth, {review.recipe.currency} a month",
        caption="After the cost of the hours that it takes, with everybody's time spent as well as it can be.",
        box=SIMPLE_HEAD,
    )
    for header in ("", "Worth", "90 % interval"):
        table.add_column(header, justify="right" if header else "left")
    for stage, found in review.stages.items():
        if found.worth is not None:
            low, high = found.worth.lower_half_interval
            table.add_row(f"one point of conversion at {stage}", f"{found.worth.one_point:,.0f}", "")
            table.add_row(
                f"lower half of the reps at the median, {stage}",
                f"{found.worth.lower_half:,.0f}",
                f"{low:,.0f} to {high:,.0f}",
            )
    for role, worth in review.heads.items():
        table.add_row(f"one more head: {escape(role)}", f"{worth:,.0f}", "")
    return table
