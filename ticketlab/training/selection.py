"""What a recipe trains of a net, and what stays as it is.

One answer for the update, for weight decay and pressure, and for the forecast of memory. Frozen
parameters (``requires_grad=False``) stay, whatever the recipe names. Lesson 08 builds on this file.
"""

from torch import nn

from ticketlab.nets import frozen, selected
from ticketlab.pruning import prunable
from ticketlab.training.recipe import MASKS, Recipe


def held(net: nn.Module, recipe: Recipe) -> set[str]:
    """The names of the parameters that no gradient is computed for.

    Under ``trained="masks"`` that is everything but prunable weights, whose gradients go to the scores.
    Raises ValueError for names that the net has not, and if nothing is left to train.
    """
    every = {name for name, _ in net.named_parameters()}
    if recipe.trained == MASKS:
        return every - set(prunable(net))
    fixed = frozen(net)
    if fixed == every:
        raise ValueError("all parameters of the net are frozen (requires_grad=False), so nothing can be "
                         "trained; net.requires_grad_() frees them")
    try:
        chosen = selected(net, recipe.trained)
    except ValueError as error:
        raise ValueError(f"Recipe trained is {recipe.trained!r}: {error}") from None
    if chosen <= fixed:
        raise ValueError(f"Recipe trained is {recipe.trained!r}, and all of that is frozen "
                         f"(requires_grad=False): {', '.join(sorted(chosen))}; nothing is left to train. "
                         "Free it with requires_grad_(), or name something else")
    return fixed | (every - chosen)
