"""A unit lives if a path of kept weights leads through it: by hand, and by what the network computes."""

import torch

from ticketlab import nets, stack
from ticketlab.landscape import surviving
from ticketlab.pruning import apply_masks, dense, prune
from ticketlab.pruning import random as random_score

MLP = nets.mlp(nets.Task((3,), 2), (4, 3))


def test_by_hand():
    masks = dense(stack.draw(MLP, [0]))
    masks["hidden1.weight"][0, 0] = False  # nothing reaches unit 0
    masks["hidden2.weight"][0, :, 1] = False  # nobody reads unit 1
    masks["output.weight"][0, :, 2] = False  # unit 2 of hidden2 is not read,
    masks["hidden2.weight"][0, :2, 3] = False  # and it alone reads unit 3 of hidden1
    masks["hidden2.weight"][0, 1] = torch.tensor([True, False, False, False])  # reached by a dead unit only
    alive = surviving(MLP, masks)
    assert alive["hidden1"].tolist() == [[False, False, True, False]]
    assert alive["hidden2"].tolist() == [[True, False, False]]


def test_units_that_do_not_survive_change_nothing():
    for net, share in ((nets.mlp(nets.Task((12,), 4), (16, 8)), 0.1), (nets.conv1d(nets.Task((12,), 4), width=6), 0.12)):
        start = stack.draw(net, range(3), nets.kaiming_normal)
        masks = prune(start, density=share, score=random_score(range(3)))
        cut = apply_masks(start, masks)
        outputs = {}
        for changed in (False, True):
            for layer, alive in surviving(net, masks).items():
                assert 0 < alive.sum() < alive.numel()
                if changed:  # whatever these units give, for every input alike
                    cut.parameters[f"{layer}.weight"][~alive] = 0
            x = torch.randn(7, 12, generator=torch.Generator().manual_seed(0))
            outputs[changed] = stack.forward(cut, x, shared=True)
        torch.testing.assert_close(outputs[True], outputs[False])
