"""The peer of the service: a FastAPI endpoint that reads a lead of the same shape and does nothing with it.

Run as ``python noop.py EXAMPLE`` with a JSON file of one request; prints its address and serves until it is ended.
"""

# No `from __future__ import annotations`: FastAPI reads the payload model, which is local, off the annotation itself.
import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import ConfigDict, Field, create_model

from leadscore.serving import run

__all__ = ["create_app"]

CLOSED = ConfigDict(extra="forbid")


def create_app(example: dict[str, Any]) -> FastAPI:
    """Build the endpoint for requests like the example: closed models, one typed key a field."""
    columns = {
        f"field_{number}": (_type(value), Field(None, alias=name))
        for number, (name, value) in enumerate(example["fields"].items())
    }
    fields = create_model("Fields", __config__=CLOSED, **columns)
    activity = create_model("Activity", __config__=CLOSED, type=(str, ...), at=(str, ...))
    keys = {"lead_id": str, "at": str, "fields": fields, "activities": list[activity]}
    lead = create_model("Lead", __config__=CLOSED, **{key: (kind, ...) for key, kind in keys.items()})
    app = FastAPI()

    @app.post("/v1/score")
    async def score(payload: lead) -> dict[str, str]:
        return {"lead_id": payload.lead_id, "tier": "A"}

    return app


def _type(value: Any) -> Any:
    return str | None if value is None else type(value) | None


if __name__ == "__main__":
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    run(create_app(request), "127.0.0.1", 0, announce=lambda url: print(url, flush=True))
