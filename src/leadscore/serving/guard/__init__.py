"""Guard: what a request must pass before anybody reads it.

Pure ASGI layers that answer themselves: who asks (keys), how much is sent (limits). They know neither leads nor the
store; keys reach them through a callable.
"""

from __future__ import annotations

from leadscore.serving.guard.keys import ApiKey, KeyGuard, KeyRing, caller_of, mint
from leadscore.serving.guard.limits import BodyLimit, body_of

__all__ = ["ApiKey", "BodyLimit", "KeyGuard", "KeyRing", "body_of", "caller_of", "mint"]
