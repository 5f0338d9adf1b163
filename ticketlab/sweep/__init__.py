"""Many independent units of work, in one process, in several, or on several machines.

running: ``grid`` and ``run``, on any executor; units: one unit in its worker, what decides it
workers: Dask's, whether they have begun, and whether any is left
rows: the rows that a unit gives, as JSON holds them
Lesson 06 builds on it.
"""

from ticketlab.sweep.running import Sweep, grid, run

__all__ = ["Sweep", "grid", "run"]
