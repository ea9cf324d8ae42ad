"""A folder in, scored files out: how an offline unit automates."""

from omdrisk.watching.inbox import Inbox
from omdrisk.watching.watch import Event, Settings, Watch

__all__ = ["Event", "Inbox", "Settings", "Watch"]
