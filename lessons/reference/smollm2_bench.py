"""The model of lesson 10's tables, ready to be cut: its dense weights, its texts, and the ways to cut it.

``smollm2.py`` is the program.
"""

import ticketlab as tl

SPARSITIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
SHOWN = ("magnitude", "magnitude, by row", "magnitude, global", "Wanda")  # ways of the panel


class Bench:
    """The model, its dense weights, the texts, and the masks of each way to cut."""

    def __init__(self):
        self.lm = tl.language.load("smollm2-135m")
        self.dense = self.lm.stack()
        self.evaluation = tl.language.evaluation(self.lm.tokenizer)
        self.calibration = tl.language.calibration(self.lm.tokenizer)
        sizes = tl.pruning.input_norms(self.dense, self.calibration)
        self.ways = {
            "magnitude": (tl.pruning.magnitude, "layer"),
            "magnitude, by row": (tl.pruning.magnitude, "row"),
            "Wanda, by layer": (self.scored(sizes), "layer"),
            "Wanda": (self.scored(sizes), "row"),
            "magnitude, global": (tl.pruning.magnitude, "global"),
            "random": (tl.pruning.random([0]), "layer")}

    @staticmethod
    def scored(sizes):
        """Wanda's score, with the sizes of the inputs measured once and not for every cut."""
        return lambda stack: {name: stack.parameters[name].abs() * size.unsqueeze(1)
                              for name, size in sizes.items()}

    def masks(self, way, density):
        score, scope = self.ways[way]
        return tl.pruning.prune(self.dense, density=density, score=score, scope=scope)

    def measure(self, net):
        """text -> perplexity."""
        found = tl.language.text_perplexity(net, self.evaluation)
        return dict(zip(self.evaluation, found.tolist(), strict=True))

    def measure_cut(self, masks):
        """text -> perplexity, of the net under the masks that a function gives."""
        with tl.language.cut(self.dense, masks()) as net:
            return self.measure(net)

    def calibration_loss(self, net):
        """The mean loss on four of the calibration texts."""
        return sum(tl.language.text_loss(net, tokens) for tokens in self.calibration[:4]) / 4
