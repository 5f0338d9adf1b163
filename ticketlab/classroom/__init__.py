"""One figure from a whole class.

results: ``write`` one's own, ``pool`` everybody's
files: what a participant's file must contain; experiments: whether two files tell of the same one
Lesson 04 builds on it.
"""

from ticketlab.classroom import results

__all__ = ["results"]
