"""The ticket panel of lesson 04.

panel: the controls; table: what is looked up; picture: what is drawn, as SVG text
"""

from ticketlab.panels.tickets.panel import TicketPanel

__all__ = ["TicketPanel"]
