"""The panel of lesson 10: a language model cut at a prune rate, and what it then writes.

panel: the controls; table: what is looked up; picture: what is drawn, as SVG text
"""

from ticketlab.panels.language.panel import LanguagePanel

__all__ = ["LanguagePanel"]
