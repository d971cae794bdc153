"""Which column plays which part: creation, outcomes, identifier, order, people, money, and what structures speak of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from leadscore.data.guess_columns import Profile, first_match
from leadscore.data.guess_files import CREATED, LATE_NAME, Layout, refuse_log
from leadscore.data.guess_horizon import amount_of, horizon
from leadscore.data.guess_outcomes import GIVEN, OutcomeGuess, guess_outcomes, outcome_from_option
from leadscore.data.guess_suspects import personal
from leadscore.data.guess_values import Given, Remark, Sure
from leadscore.data.outcomes import Outcome, Stage
from leadscore.errors import BadInput

__all__ = ["Roles"]

_ID_NAMES = (
    r"^(lead|prospect|contact|person|opportunity|deal|record|mql|external|hs object|crm|datensatz)? ?id$",
    r"\b(id|uuid|guid|key)$",
    r"\b(id|uuid|guid|key)\b",
    r"\b(number|\w*nummer|numero|nr|no|ref|reference|vid)\b",
)
_PEOPLE = {
    "rep": (
        r"\b(owner|sales ?rep|rep|sales ?agent|salesperson|seller|assigned( to)?)( name| id)?$",
        r"\b(verkaufer|betreuer|besitzer|zustandige?r?|vendeur|commercial|proprietaire|propietario|vendedor)( name)?$",
        r"^(owner|rep|sales agent|user)\b",
    ),
    "team": (r"^(sales )?(team|manager)( name)?$|\b(sales team|owner team|vertriebsteam|equipe commerciale|equipo)\b",),
}
_PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "worked_at": (
        ("date",),
        (r"\bworked\b", r"\bfirst (response|reply|call|attempt|outreach)\b|^contacted( at| on)?$"),
        "when somebody first worked the lead; a lead that nobody worked is not a lost lead",
    ),
    "modified": (
        ("date",),
        (r"\b(last )?(modified|updated|changed)\b|\bwrite date\b|\b(geandert|modifiee? le|modificacion)\b",),
        "of several rows of one lead the newest is kept",
    ),
    "first_role": (("category", "text"), (r"\bfirst role\b",), "who worked the lead first"),
    "account": (
        ("category", "text"),
        (
            r"^(company|account|organi[sz]ation|firma|unternehmen|employer|partner)( name)?$",
            r"^(company|account|org) ?id$",
            r"^(potential customer|customer name|societe|entreprise|(nombre de la )?empresa)$",
            r"\b(organi[sz]ation|firma)$",
        ),
        "the company of the lead",
    ),
    "segment": (
        ("category",),
        (
            r"^(company|account|customer|market|business)? ?(size|segment|band)$|employee ?(band|range)",
            r"grossenklasse|(unternehmens|firmen)grosse|^(taille|tamano)\b",
        ),
        "structures and tiers may speak of it",
    ),
    "territory": (
        ("category",),
        (r"\b(territory|gebiet|regional office|region)\b",),
        "territories may be routed to",
    ),
    "customer": (
        ("answer",),
        (r"\b(existing|current) customer\b|\bbestandskunde\b",),
        "known customers of the company",
    ),
    "consent": (("answer",), (r"\b(consent|gdpr|einwilligung|dsgvo)\b",), "no person calls a lead without it"),
}


class Roles:
    """The parts that columns play; the first to ask for a column gets it.

    Parameters
    ----------
    columns
        Columns of the leads with all that is joined to them.
    layout
        The part that each file plays.
    given
        What the user says in place of a guess.
    origin
        File that a joined column came from.

    Attributes
    ----------
    lead
        Keys of ``[lead]`` and their columns.
    outcomes, decided
        Outcomes as a recipe writes them, and as their values alone tell them.
    taken
        Key of the recipe by column.
    remarks
        A reason for each part.
    """

    def __init__(self, columns: Sequence[Profile], layout: Layout, given: Given, origin: Mapping[str, str]) -> None:
        self.columns, self.layout, self.given, self.origin = columns, layout, given, origin
        self.lead: dict[str, str] = {}
        self.outcomes: dict[Stage, Outcome] = {}
        self.decided: dict[Stage, Outcome] = {}
        self.taken: dict[str, str] = {}
        self.remarks: list[Remark] = []

    def assign(self) -> None:
        """Give every part its column.

        Raises
        ------
        BadInput
            No column tells an outcome, or one that the user names does not exist.
        """
        created = self._created()
        found = self._outcomes(created)
        self._id()
        if created is None:
            self._order()
        self.outcomes = {stage: guess.outcome for stage, guess in found.items()}
        main: Stage = "close" if "close" in found else "qualify"
        self._money()
        self._people(main)
        self._further()

    def drop_undated(self, days: Sequence[float]) -> tuple[Outcome, ...]:
        """Give up a qualification without a moment, where leads are looked at only after their creation."""
        qualify = self.outcomes.get("qualify")
        if days[0] == 0 or qualify is None or qualify.at is not None:
            return ()
        del self.outcomes["qualify"], self.decided["qualify"]
        return (qualify,)

    def _say(self, part: str, value: str, sure: Sure, why: str) -> None:
        self.remarks.append(Remark(part, value, sure, why))

    def _take(self, part: str, column: Profile, sure: Sure, why: str) -> Profile:
        self.taken.setdefault(column.name, part)
        self._say(part, column.name, sure, why)
        if part.startswith("lead."):
            self.lead[part.removeprefix("lead.")] = column.name
        return column

    def _free(self, *looks: str) -> list[Profile]:
        return [c for c in self.columns if c.name not in self.taken and (not looks or c.look in looks)]

    def _own(self, *looks: str) -> list[Profile]:
        """Free columns of the leads' own file."""
        return [c for c in self._free(*looks) if c.name not in self.origin]

    def _named(self, option: str, name: str) -> Profile:
        column = next((c for c in self.columns if c.name == name.strip()), None)
        if column is None:
            known = ", ".join(repr(c.name) for c in self.columns[:40])
            raise BadInput(f"--{option} {name!r}: the export has no such column; it has {known}.")
        return column

    def _happened(self, outcome: Outcome) -> npt.NDArray[np.bool_]:
        return outcome.happened(next(c.text for c in self.columns if c.name == outcome.column))

    def _created(self) -> Profile | None:
        if self.given.created is not None:
            column = self._named("created", self.given.created)
            if column.times is None:
                raise BadInput(f"--created {column.name!r}: its cells are no dates. Name a column with dates.")
            return self._take("lead.created", column, "given", "given by --created")
        dates = [c for c in self._own("date") if c.fill > 0.9]
        named = first_match([c for c in dates if not LATE_NAME.search(c.phrase)], CREATED)
        if named is not None:
            return self._take("lead.created", named, "sure", "the date that its name says is the creation")
        early = [c for c in dates if not LATE_NAME.search(c.phrase) and len(c.counts) > 1]
        if len(early) == 1:
            return self._take("lead.created", early[0], "look", "the only date that every lead has")
        return None

    def _outcomes(self, created: Profile | None) -> dict[Stage, OutcomeGuess]:
        found = guess_outcomes(self._free())
        given: dict[Stage, tuple[str, ...]] = {"close": self.given.close, "qualify": self.given.qualify}
        told = {stage: outcome_from_option(stage, values, self._free()) for stage, values in given.items() if values}
        if told:
            names = {t.outcome.column for t in told.values()}
            found = {s: f for s, f in found.items() if f.strength >= 3 and f.outcome.column not in names} | told
        if not found:
            self._refuse()
        dated: dict[Stage, OutcomeGuess] = {}
        for stage in sorted(found, reverse=True):  # qualify before close
            dated[stage] = self._dated(found[stage], created)
        return dated

    def _refuse(self) -> None:
        own = {c.name: c for c in self.columns if c.name not in self.origin}
        refuse_log(self.layout.leads, own)
        few = [c.name for c in self.columns if c.look in ("answer", "category") and 2 <= len(c.counts) <= 12]
        maybe = f" Columns with few values: {', '.join(map(repr, few[:12]))}." if few else ""
        raise BadInput(
            f"{self.layout.leads}: no column tells by its name or its values which leads were won. Name it with "
            f"--close COLUMN=VALUE (or --qualify COLUMN=VALUE; VALUE may be `filled`).{maybe}"
        )

    def _dated(self, found: OutcomeGuess, created: Profile | None) -> OutcomeGuess:
        stage = found.stage
        self.decided[stage] = found.outcome
        sure: Sure = "given" if found.strength == GIVEN else "sure" if found.strength >= 3 else "look"
        name = str(found.outcome.column)
        self.taken[name] = f"{stage}.column"
        self._say(f"{stage}.column", name, sure, found.why)
        found, why_at, why_horizon = horizon(found, self.columns, created)
        if found.outcome.at and why_at:
            self.taken.setdefault(found.outcome.at, f"{stage}.at")
            self._say(f"{stage}.at", found.outcome.at, "likely", why_at)
        if found.outcome.horizon_days and why_horizon:
            self._say(f"{stage}.horizon_days", str(found.outcome.horizon_days), "look", why_horizon)
        return found

    def _id(self) -> None:
        if self.given.id is not None:
            self._take("lead.id", self._named("id", self.given.id), "given", "given by --id")
            return
        keys = [c for c in self._own("text", "number", "category") if c.fill > 0.95 and c.distinctness > 0.9]
        keys = [c for c in keys if personal(c) is None]
        codes = [c for c in keys if c.look == "text" and c.text.str.fullmatch(r"\S{1,64}").mean() > 0.95]
        if (named := first_match(keys, _ID_NAMES)) is not None:
            self._take("lead.id", named, "sure", "a different value for (nearly) every lead, and named so")
        elif codes:
            self._take("lead.id", codes[0], "look", "a different code for every lead")
        else:
            self._say("lead.id", "row number", "look", "no column has a different value for every lead; --id names one")

    def _order(self) -> None:
        free = [c for c in self.columns if self.taken.get(c.name, "lead.id") == "lead.id" and c.name not in self.origin]
        named = first_match([c for c in free if c.look == "number" and _counts_up(c)], _ID_NAMES)
        if named is not None:
            why = "the export has no creation date; this number is given out in order, so it stands for time"
            self._take("lead.order", named, "look", why)
            return
        why = "the export has neither a date nor a rising number: the file's own order stands for time (--created)"
        self._say("lead.order", "row", "look", why)
        self.lead["order"] = "row"

    def _money(self) -> None:
        close = self.outcomes.get("close")
        money = None if close is None else amount_of(self._free("number"), self._happened(close))
        if close is not None and money is not None:
            amount = self._take("close.amount", money, "likely", "money that won deals have").name
            self.outcomes["close"] = close.model_copy(update={"amount": amount})

    def _people(self, stage: Stage) -> None:
        for key, patterns in _PEOPLE.items():
            several = [c for c in self._free("category", "text") if len(c.counts) > 1 and c.distinctness < 0.5]
            if (person := first_match(several, patterns)) is not None:
                self._take(f"{stage}.{key}", person, "likely", "for the skills review, never learned from")
                self.outcomes[stage] = self.outcomes[stage].model_copy(update={key: person.name})

    def _further(self) -> None:
        for part, (looks, patterns, why) in _PARTS.items():
            fitting = [c for c in self._free(*looks) if part != "segment" or 2 <= len(c.counts) <= 12]
            if (column := first_match(fitting, patterns)) is not None:
                self._take(f"lead.{part}", column, "likely", why)


def _counts_up(column: Profile) -> bool:
    """Whether a column numbers the leads as they come: whole, different, and without great gaps."""
    whole = column.text.str.fullmatch(r"\d{1,15}").all()
    if not whole or column.distinctness < 1 or column.fill < 1:
        return False
    numbers = column.text.astype("int64")
    return bool(np.ptp(numbers.to_numpy()) < 20 * len(numbers))
