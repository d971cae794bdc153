"""The world of the synthetic funnel: the columns of its export, their levels, and what each level does.

Every level carries its share of the leads and its pull, in log-odds, on qualifying and on closing given qualified.
The two are deliberately different things: who asks (title, e-mail domain) decides whether a lead qualifies, what is
asked for and by what company (product, industry, incumbent) decides whether it closes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from leadscore.data.schema import Field

__all__ = ["FIELDS", "KNOWN_LATER", "Level"]


@dataclass(frozen=True, slots=True)
class Level:
    """One value of a column.

    Parameters
    ----------
    share
        Weight among the levels at the start of the history; below 0 the level is not there yet, or no longer.
    qualify, close
        Pull on the log-odds of P(qualify) and of P(close | qualify).
    later
        Weight at the end of the history; as ``share`` when None.
    """

    share: float
    qualify: float = 0.0
    close: float = 0.0
    later: float | None = None


INBOUND: Final = "Inbound"
PROSPECTING: Final = "Directed prospecting"

CHANNELS: Final = {INBOUND: Level(0.66, later=0.74), PROSPECTING: Level(0.34, -0.3, later=0.26)}

SOURCES: Final = {
    INBOUND: {
        "Webinar": Level(0.16, 0.2),
        "Paid Search": Level(0.20, -0.1, later=0.28),
        "Organic Search": Level(0.22, 0.2),
        "Content": Level(0.20, -0.5),
        "Social Media": Level(0.08, -0.6, later=0.14),
        "Referral": Level(0.14, 0.7, 0.5),
    },
    PROSPECTING: {
        "Trade Show": Level(0.34, 0.2, later=0.16),
        "Partner": Level(0.16, 0.7, 0.4, later=0.30),
        "Cold List": Level(0.34, -0.6),
        "Account Research": Level(0.16, 0.1),
    },
}

CAMPAIGNS: Final = {
    "Webinar": {
        "Cost Cutting": Level(0.6, later=-0.1),
        "Live Demo": Level(0.4, 0.4),
        "Customer Story": Level(0.3, 0.1),
        "Planning Season": Level(-0.5, 0.2, later=0.6),
    },
    "Paid Search": {
        "Brand": Level(0.3, 0.3),
        "Generic": Level(0.5, -0.1),
        "Competitor Names": Level(0.4, later=-0.4),
        "Price Comparison": Level(-0.4, 0.2, later=0.4),
    },
    "Content": {
        "Checklist": Level(0.5, -0.2),
        "Buyer Guide": Level(0.3, 0.3),
        "Salary Report": Level(0.4, -0.4, later=-0.2),
        "Trends Report": Level(-0.6, later=0.5),
    },
    "Social Media": {"Awareness": Level(0.5), "Retargeting": Level(0.3, 0.3), "Video": Level(-0.2, -0.2, later=0.5)},
    "Trade Show": {"Spring Fair": Level(0.5), "Autumn Fair": Level(0.5), "Talk": Level(0.3, 0.3, later=0.0)},
    "Partner": {"Reseller": Level(0.6), "Integration": Level(-0.1, 0.2, later=0.5)},
    "Cold List": {"Sequence A": Level(0.6, later=-0.3), "Sequence B": Level(0.4), "Sequence C": Level(-0.3, later=0.6)},
    "Account Research": {"Named Accounts": Level(0.6), "Lookalikes": Level(0.3, -0.2)},
}
"""Campaigns by lead source; the other sources run none."""

DEPARTMENTS: Final = {
    "Operations": Level(0.20, 0.2),
    "IT": Level(0.22),
    "Finance": Level(0.14),
    "Marketing": Level(0.15, -0.1),
    "Sales": Level(0.12),
    "Purchasing": Level(0.10, 0.3),
    "Human Resources": Level(0.07, -0.4),
}

RANKS: Final = {
    "Head of {}": Level(0.14, 0.7),
    "{} Director": Level(0.12, 0.6),
    "{} Manager": Level(0.30, 0.2),
    "{} Specialist": Level(0.28, -0.5),
    "Chief Executive Officer": Level(0.06, 0.5),
    "Consultant": Level(0.05, -0.9),
    "Student": Level(0.05, -1.6),
}
"""Titles; ``{}`` stands for the department."""

DOMAINS: Final = {"business": Level(0.76), "free": Level(0.21, -0.5), "education": Level(0.03, -1.0)}

INDUSTRIES: Final = {
    "Manufacturing": Level(0.24, close=0.4),
    "Software": Level(0.16, close=0.6),
    "Retail": Level(0.15, close=-0.3),
    "Logistics": Level(0.12, close=0.3),
    "Health Care": Level(0.10, close=-0.2),
    "Financial Services": Level(0.10, close=0.1),
    "Public Sector": Level(0.07, close=-0.8),
    "Construction": Level(0.06, close=-0.4),
}

SIZES: Final = {"small": Level(0.0, close=-0.2), "mid": Level(0.0, close=0.3), "enterprise": Level(0.0, close=-0.1)}
"""Under 100, under 1,000 and from 1,000 employees; the share follows from the head count."""

TERRITORIES: Final = {
    "Germany": "Central",
    "Austria": "Central",
    "Switzerland": "Central",
    "France": "West",
    "Netherlands": "West",
    "United Kingdom": "West",
    "Italy": "South",
    "Spain": "South",
    "Sweden": "North",
    "Denmark": "North",
    "Poland": "East",
}

COUNTRIES: Final = {
    "Germany": Level(0.30),
    "Austria": Level(0.07),
    "Switzerland": Level(0.08, close=0.2),
    "France": Level(0.12),
    "Netherlands": Level(0.08),
    "United Kingdom": Level(0.10),
    "Italy": Level(0.08, close=-0.2),
    "Spain": Level(0.06),
    "Sweden": Level(0.04),
    "Denmark": Level(0.03),
    "Poland": Level(0.04, close=-0.2),
}

PRODUCTS: Final = {
    "Starter": Level(0.34, close=0.5),
    "Team": Level(0.32, close=0.2),
    "Analytics": Level(0.18, close=-0.2),
    "Enterprise Suite": Level(0.16, close=-0.5),
}

INCUMBENTS: Final = {
    "No vendor": Level(0.30, close=0.3),
    "Spreadsheets": Level(0.32, close=0.5),
    "Vendor A": Level(0.22, close=-0.5),
    "Vendor B": Level(0.16, close=-0.8),
}

TIMEFRAMES: Final = {
    "This quarter": Level(0.0, 0.3, 0.5),
    "This year": Level(0.0, 0.1, 0.1),
    "Just looking": Level(0.0, -0.3, -0.4),
}
"""The form's answer follows from intent; a lead that leaves it empty is pulled neither way."""

CUSTOMER: Final = {"Yes": Level(0.12, 0.3, 0.6), "No": Level(0.88)}

BUYERS: Final = {
    "Starter": ("Marketing", "Sales"),
    "Team": ("Operations", "Human Resources"),
    "Analytics": ("Finance", "Marketing"),
    "Enterprise Suite": ("IT", "Purchasing"),
}
"""Departments that usually buy a product: a title counts for more when it fits."""

FIELDS: Final[tuple[Field, ...]] = (
    Field("Lead ID", "category", "Key of the lead, in order of creation.", ("L-000123",)),
    Field("Created", "category", "Moment of creation, ISO 8601 in UTC.", ("2026-03-02T09:14:00Z",)),
    Field("Channel", "category", "Inbound marketing or directed prospecting.", tuple(CHANNELS)),
    Field("Lead Source", "category", "Where the lead came from.", ("Webinar", "Trade Show")),
    Field("Campaign", "category", "Campaign of the source; empty for some sources.", ("Live Demo", "Spring Fair")),
    Field("Title", "category", "Job title as typed in.", ("Head of Operations", "IT Manager")),
    Field("Department", "category", "Department the person works in.", ("Operations", "Finance")),
    Field("Industry", "category", "Industry of the company.", ("Manufacturing", "Software")),
    Field("Employees", "number", "Head count of the company.", (240, 12)),
    Field("Annual Revenue", "number", "Yearly revenue of the company in EUR.", (31000000, 1800000)),
    Field("Company Size", "category", "Segment by head count: under 100, under 1,000, or more.", tuple(SIZES)),
    Field("Country", "category", "Country of the company.", ("Germany", "Spain")),
    Field("Territory", "category", "Sales territory.", ("North", "Central")),
    Field("Company", "category", "Name of the account; several leads may share one.", ("Alder Tools Group",)),
    Field("E-mail Domain", "category", "Kind of the e-mail address's domain.", tuple(DOMAINS)),
    Field("Phone Given", "boolean", "Whether a telephone number was left.", ("Yes", "No")),
    Field("Product Interest", "category", "Product asked for or presumed.", tuple(PRODUCTS)),
    Field("Incumbent Vendor", "category", "What the company uses today.", ("Spreadsheets", "Vendor A")),
    Field("Purchase Timeframe", "category", "When the lead says it wants to buy; often empty.", tuple(TIMEFRAMES)),
    Field("Existing Customer", "boolean", "Whether the account is a customer already.", ("Yes", "No")),
    Field("Consent", "boolean", "Whether a person may contact the lead.", ("Yes", "No")),
    Field("Newsletter", "boolean", "Whether the lead subscribes to the newsletter.", ("Yes", "No")),
    Field("Lead Status", "category", "Stage that sales last set.", ("Working", "Won")),
    Field("Last Activity Date", "category", "Moment of the last event of any kind.", ("2026-04-01T15:30:00Z",)),
    Field("Number of Meetings", "number", "Meetings held so far.", (0, 2)),
    Field("Sales Rating", "category", "The rep's opinion, written down while working the lead.", ("Hot", "Cold")),
)
"""Every column of ``leads.csv``, in its order."""

KNOWN_LATER: Final = frozenset({"Lead Status", "Last Activity Date", "Number of Meetings", "Sales Rating"})
"""Columns that are filled in after creation, by the very work whose result they would predict: leaks."""
