"""The dictionary of the synthetic export: one page printed from its fields, so that it cannot fall behind."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from leadscore.data.schema import Field
from leadscore.data.synthetic_fields import KNOWN_LATER

__all__ = ["dictionary_page"]

_HEAD = """# Dictionary

Columns of the synthetic CRM export (`leads.csv`), printed from `leadscore.data.synthetic.FIELDS`; do not edit.
A `category` is any text, keys and moments included. What is known only `later` was written down by the work whose
result a model is to predict: a model that learns from it looks brilliant and fails on every new lead.

| column | kind | meaning | examples | known |
|---|---|---|---|---|
"""


def dictionary_page(fields: Iterable[Field], *, known_later: Collection[str] = KNOWN_LATER) -> str:
    """Print the dictionary as a Markdown page.

    Parameters
    ----------
    fields
        The columns, in the order of the page.
    known_later
        Names of the columns that are still empty when a lead is created; those of the synthetic export by default.

    Returns
    -------
    str
        The page, ending in a line break.

    Examples
    --------
    >>> page = dictionary_page([Field("Employees", "number", "Head count.", (240, 12))])
    >>> print(page.splitlines()[-1])
    | `Employees` | number | Head count. | `240`, `12` | at creation |
    """
    return _HEAD + "".join(_row(field, "later" if field.name in known_later else "at creation") for field in fields)


def _row(field: Field, known: str) -> str:
    examples = ", ".join(f"`{example}`" for example in field.examples)
    cells = (f"`{field.name}`", field.kind, field.meaning, examples, known)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
