"""A replica: a supervisor and the berths that it forks for visitors."""

from berth.replica.supervisor import main
from berth.replica.trial import trial

__all__ = ["main", "trial"]
