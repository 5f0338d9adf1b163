"""Training which weights are used, and no weight: what ``Recipe(trained="masks")`` does.

The optimiser moves scores in place of the weights. Networks, snapshots and curves hold the weights that
act, zero where one is not used; a snapshot's optimiser state holds the scores and the weights as they
were drawn. The gradient and the cut are ``pruning.supermasks``. Lesson 08 builds on this file.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ticketlab.pruning import Masks, supermasks
from ticketlab.training.recipe import MASKS, Recipe

SCORE, VALUE = "score", "value"  # as a snapshot calls them, beside the optimiser's state of a weight


class Picking:
    """What happens around each update of the optimiser; used as ``Pressure`` is.

    parameters: name -> [R, ...], the weights to pick from, which are left with the first pick. masks: how
    many of each layer and network; which, the scores say. state: of the snapshot to go on from. seeds: R
    numbers that decide the first scores. ``trained``: name -> the scores. Raises ValueError if there are
    no masks, and as ``supermasks.check_pickable`` and ``counts`` do.
    """

    def __init__(self, parameters: dict[str, Tensor], net: nn.Module, masks: Masks | None, state,
                 seeds: Sequence[int]):
        if masks is None:
            raise ValueError(f"trained={MASKS!r} uses as many weights of each layer as the masks keep, "
                             "and there are none; give train masks=, such as "
                             "tl.pruning.supermasks.shares(stack, [0.5])[0]")
        fresh = not any((state or {}).values())
        if fresh:
            supermasks.check_pickable(net, parameters)
        self.keep = {name: kept.to(parameters[name].device)
                     for name, kept in supermasks.counts(masks).items()}
        self.weights = {name: parameters[name] for name in self.keep}
        self.values, self.trained = {}, {}
        for name, weight in self.weights.items():
            own = {} if fresh else state.get(name, {})
            if not fresh and SCORE not in own:
                raise ValueError("the moment to go on from has the optimiser's state of a training of "
                                 f"weights, and no scores for {name!r}; begin with its networks, "
                                 "train(moment.stack, ...)")
            given = weight.detach().clone() if fresh else own[VALUE].clone()
            score = supermasks.first_scores(given, name, seeds) if fresh else own[SCORE].clone()
            self.values[name], self.trained[name] = given, score.requires_grad_()
        self.after(0)

    def before(self) -> None:
        """Before an update: gradients pass from the weights that act to all scores."""
        for name, weight in self.weights.items():
            if weight.grad is not None:
                score = self.trained[name]
                score.grad = supermasks.score_gradient(weight.grad, self.values[name], score)
                weight.grad = None

    @torch.no_grad()
    def after(self, lr: float) -> None:
        """After an update: the weights with the largest scores act."""
        for name, weight in self.weights.items():
            used = supermasks.top(self.trained[name], self.keep[name])
            weight.copy_(torch.where(used, self.values[name], 0))

    def state(self) -> dict[str, dict[str, Tensor]]:
        """Scores and weights as drawn, in the form of an optimiser's state."""
        return {name: {SCORE: score.detach().clone(), VALUE: self.values[name].clone()}
                for name, score in self.trained.items()}


def check_state(recipe: Recipe, state) -> None:
    """Raises ValueError for a moment of a search for masks that weights would be trained from: its
    optimiser's state is that of scores."""
    if recipe.trained != MASKS and any(SCORE in own for own in (state or {}).values()):
        raise ValueError("the moment to go on from has the state of a search for masks, and the recipe "
                         "trains weights; begin with its networks, train(moment.stack, ...), with "
                         "masks=tl.pruning.supermasks.found(moment.stack) if they are to stay picked")
