"""Serving: a small HTTP service around one Scorer and one decision store.

A request passes the guard (key, body size), is read strictly (`strict_json`, `payloads`), scored inline, written
durably to the store and only then answered. The service never knows pandas, MLflow or a training: its scorer is handed
to it, its columns come from that scorer, and whatever it refuses is told as a problem document that names places,
never values.
"""

from __future__ import annotations

from leadscore.serving.app import create_app, run, serve
from leadscore.serving.settings import Settings
from leadscore.serving.store import DecisionStore

__all__ = ["DecisionStore", "Settings", "create_app", "run", "serve"]
