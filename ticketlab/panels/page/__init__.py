"""A panel as a page of its own, whose sliders move where no kernel runs.

walking: the panel at each position of its controls; packing: the pictures in few bytes
saving: the page; page.html, page.css and page.js are what it is made of
"""

from ticketlab.panels.page.packing import pack, unpack
from ticketlab.panels.page.saving import MOST, save
from ticketlab.panels.page.walking import POSITIONS, Stop, Walk, walk

__all__ = ["MOST", "POSITIONS", "Stop", "Walk", "pack", "save", "unpack", "walk"]
