"""The error tree: every class carries the exit code of the command line and the HTTP status of the service.

The message says what was got, what is allowed and where to mend it; it is written at the ``raise``. It never contains
the content of a lead beyond the one cell that a user needs in order to find it in a file of their own.
"""

from __future__ import annotations

__all__ = [
    "BadInput",
    "BundleError",
    "GateFailed",
    "HorizonTooLong",
    "LeadScoreError",
    "MissingExtra",
    "NoSignal",
    "NoUsableColumn",
    "OneClass",
    "OutOfReach",
    "RecipeError",
    "Refused",
    "SettingsError",
    "StructureError",
    "TooFewOutcomes",
    "UnknownModel",
    "UsageError",
]


class LeadScoreError(Exception):
    """Base of all errors that leadscore raises on purpose.

    Attributes
    ----------
    exit_code : int
        Exit code of the command line.
    http_status : int
        Status of the problem document when the service meets this error.
    """

    exit_code: int = 1
    http_status: int = 500


class UsageError(LeadScoreError):
    """A command was called with options that do not go together."""

    exit_code = 2
    http_status = 400


class BadInput(LeadScoreError):
    """A file, row, column or value that cannot be used as it stands."""

    exit_code = 3
    http_status = 422


class RecipeError(BadInput):
    """A recipe names a key, a column or a value that does not exist."""


class StructureError(BadInput):
    """A structure of the selling organisation contradicts itself."""


class SettingsError(BadInput):
    """The settings of the service cannot be used."""


class BundleError(BadInput):
    """A Bundle is incomplete, altered or of a version that this code does not read."""

    http_status = 503


class Refused(LeadScoreError):
    """The work was understood and refused for cause; nothing was registered."""

    exit_code = 4
    http_status = 409


class NoSignal(Refused):
    """The columns do not tell the outcome better than chance, forward in time."""


class TooFewOutcomes(Refused):
    """There are not enough leads of each outcome to learn from."""


class OneClass(TooFewOutcomes):
    """All decided leads have the same outcome."""


class HorizonTooLong(Refused):
    """No lead of the history has been watched for as long as the horizon."""


class NoUsableColumn(Refused):
    """No column is left that may be learned from."""


class GateFailed(Refused):
    """A model did not pass the checks that stand before a promotion."""


class OutOfReach(LeadScoreError):
    """Something outside (registry, store, network) cannot be reached."""

    exit_code = 5
    http_status = 503


class UnknownModel(OutOfReach):
    """The registry or the folder has no such model."""

    exit_code = 3
    http_status = 404


class MissingExtra(LeadScoreError):
    """An optional dependency is not installed; the message names the extra."""

    exit_code = 5
    http_status = 501
