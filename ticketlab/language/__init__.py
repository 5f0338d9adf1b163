"""Nets that write.

writing: characters as numbers and back, perplexity, its floor, samples (lesson 06)
"""

from ticketlab.language.writing import decode, encode, floor, perplexity, sample, table

__all__ = ["decode", "encode", "floor", "perplexity", "sample", "table"]
