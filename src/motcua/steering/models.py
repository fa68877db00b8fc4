"""Models of the steering room, matter by matter."""

from __future__ import annotations

from motcua.steering.faults.models import Fault as Fault
from motcua.steering.faults.models import FaultTurn as FaultTurn
