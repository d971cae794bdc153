"""A client of the score endpoint with nothing but the standard library."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from leadscore.errors import BadInput, LeadScoreError, OutOfReach

__all__ = ["Client"]


class Client:
    """Asks a running service.

    Parameters
    ----------
    url
        Address of the service, such as ``http://localhost:8000``.
    key
        API key; None for a service that was started with ``--no-auth``.
    timeout
        Seconds to wait for a reply.
    """

    def __init__(self, url: str, key: str | None = None, *, timeout: float = 10.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise BadInput(f"{url!r} is no address of a service; allowed: http://HOST:PORT or https://HOST.")
        self.url = url.rstrip("/")
        self._key = key
        self._timeout = timeout

    def score(self, lead: Mapping[str, Any], *, detail: bool = False) -> dict[str, Any]:
        """Score one lead.

        Parameters
        ----------
        lead
            ``lead_id``, ``fields`` and optionally ``activities``, ``created``, ``at``.
        detail
            Whether to ask for all reasons, the runner-up and the prices.

        Raises
        ------
        BadInput
            The service refused the lead; the message is the service's own.
        OutOfReach
            There is no answer.
        """
        reply: dict[str, Any] = self._call("POST", "/v1/score" + ("?detail=full" if detail else ""), lead)
        return reply

    def score_batch(self, leads: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Score up to 1,000 leads; the replies are in the same order."""
        replies: list[dict[str, Any]] = self._call("POST", "/v1/score/batch", list(leads))
        return replies

    def tell(self, outcome: Mapping[str, Any]) -> dict[str, Any]:
        """Tell what became of a lead (``lead_id``, ``worked``, ``accepted``, ``qualified``, ``closed``, ...)."""
        known: dict[str, Any] = self._call("POST", "/v1/outcomes", outcome)
        return known

    def tell_batch(self, outcomes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Tell what became of up to 1,000 leads; the replies are in the same order."""
        known: list[dict[str, Any]] = self._call("POST", "/v1/outcomes", list(outcomes))
        return known

    def lead(self, lead_id: str) -> dict[str, Any]:
        """What is known about a lead: its decisions, the newest first, and its outcome."""
        known: dict[str, Any] = self._call("GET", f"/v1/leads/{quote(lead_id, safe='')}")
        return known

    def erase(self, lead_id: str) -> dict[str, Any]:
        """Delete a lead and what it said; the decisions about it stay under a pseudonym."""
        erased: dict[str, Any] = self._call("DELETE", f"/v1/leads/{quote(lead_id, safe='')}")
        return erased

    def model(self) -> dict[str, Any]:
        """Which model answers."""
        card: dict[str, Any] = self._call("GET", "/v1/model")
        return card

    def tiers(self) -> dict[str, Any]:
        """The published tier table."""
        table: dict[str, Any] = self._call("GET", "/v1/tiers")
        return table

    def ready(self) -> bool:
        """Whether the service answers scores now."""
        try:
            self._call("GET", "/ready")
        except LeadScoreError:
            return False
        return True

    def _call(self, method: str, path: str, content: Any = None) -> Any:
        headers = {"Content-Type": "application/json"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        body = None if content is None else json.dumps(content, allow_nan=False).encode()
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            with error:
                problem = error.read(4096)
            raise _refused(error.code, problem) from None
        except (urllib.error.URLError, OSError) as error:
            raise OutOfReach(f"{self.url} does not answer: {getattr(error, 'reason', error)}") from None


def _refused(status: int, problem: bytes) -> LeadScoreError:
    try:
        content = json.loads(problem)
        text = f"{content['title']}: {content['detail']}"
    except (ValueError, KeyError, TypeError):
        text = "no explanation was given"
    return (OutOfReach if status >= 500 else BadInput)(f"the service answered {status}: {text}")
