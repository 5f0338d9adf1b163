"""Made-up tables for the language panel: two ways, three rates, two blocks."""

import pandas
import pytest

from ticketlab.panels import language_panel

WAYS, RATES = ("magnitude", "Wanda"), (0.0, 0.2, 0.5)
PERPLEXITY = {("magnitude", 0.2): (12, 27), ("magnitude", 0.5): (1e6, 1e6), ("Wanda", 0.2): (9, 16), ("Wanda", 0.5): (20, 45)}


def tables():
    grid = [{"way": "dense", "sparsity": 0.0, "a": 8.0, "b": 18.0}]
    grid += [{"way": way, "sparsity": rate, "a": a, "b": b} for (way, rate), (a, b) in PERPLEXITY.items()]
    weights, writing = [], [{"way": "dense", "sparsity": 0.0, "text": " examples <b> & rules"}]
    for way in WAYS:
        for rate in RATES:
            for block in (0, 1):
                size = {"gate": 100, "down": 300 + 100 * block}
                row = {"way": way, "sparsity": rate, "block": block, "largest": 2 * rate + block / 10 if rate else 0.0}
                row |= {f"kept {kind}": round((1 - rate) * n) for kind, n in size.items()}
                whole = [100, 200 + 100 * block, 100]
                weights.append(row | {f"bin {n}": round(count * (rate or 1)) for n, count in enumerate(whole)})
            if rate:
                writing.append({"way": way, "sparsity": rate, "text": f" by {way} at {rate}"})
    return {"grid": pandas.DataFrame(grid), "weights": pandas.DataFrame(weights), "writing": pandas.DataFrame(writing)}


@pytest.fixture
def panel():
    return language_panel(**tables(), rate=0.2)
