"""Speed, measured and never asserted: ``make bench`` (``python -m benchmarks``)."""
