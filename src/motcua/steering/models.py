"""Models of the steering room, matter by matter."""

from __future__ import annotations

from motcua.steering.discipline.models import Case as Case
from motcua.steering.discipline.models import DisciplineTurn as DisciplineTurn
from motcua.steering.discipline.models import LookedAt as LookedAt
from motcua.steering.discipline.models import Reminder as Reminder
from motcua.steering.faults.models import Fault as Fault
from motcua.steering.faults.models import FaultTurn as FaultTurn
