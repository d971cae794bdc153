"""Endpoints: read, score, write, answer; nothing is decided here.

One module a family of routes, each handed the same `Service`: the parts that an endpoint works with.
"""

from __future__ import annotations

from leadscore.serving.endpoints.about import add_about
from leadscore.serving.endpoints.leads import add_leads
from leadscore.serving.endpoints.outcomes import add_outcomes
from leadscore.serving.endpoints.scoring import add_scoring
from leadscore.serving.endpoints.service import LeadScorer, Service

__all__ = ["LeadScorer", "Service", "add_about", "add_leads", "add_outcomes", "add_scoring"]
