"""Scores, each against what its definition says."""

import pytest
import torch

from tests.pruning.test_cut import drawn
from tests.training.test_loop import make_data
from ticketlab import stack
from ticketlab.pruning import layerwise, magnitude, movement, prunable, prune, random, saliency


def test_magnitude_is_absolute():
    """A known bug elsewhere: ``tensor < eps`` without abs treats every negative weight as small."""
    nets_here = drawn()
    values = nets_here.parameters["hidden1.weight"]
    values.copy_(torch.arange(values.numel()).view_as(values) - 1000.0)
    mask = prune(nets_here, rate=0.5)["hidden1.weight"]
    assert not mask[0, -1].all()
    assert mask[0, 0].all(), "the most negative weights are the largest and must stay"


def test_a_layerwise_score_holds_one_layer_at_a_time():
    nets_here, asked = drawn(), []

    def own(name, w):
        asked.append(name)
        return w.abs() + (name == "output.weight")

    scores = layerwise(own)(nets_here)
    assert list(scores) == list(prunable(nets_here.net)) == list(magnitude(nets_here)) and not asked
    assert torch.equal(scores["output.weight"], nets_here.parameters["output.weight"].abs() + 1)
    assert asked == ["output.weight"] and "output.bias" not in scores
    masks = prune(nets_here, rate=0.5, score=layerwise(own), scope="global")
    assert masks["output.weight"].all() and not masks["hidden1.weight"].all()


def test_random_scores_follow_their_seeds_and_ignore_the_weights():
    a, b = drawn(), drawn().map(lambda t: t + 1)
    assert torch.equal(random([1, 2])(a)["hidden1.weight"], random([1, 2])(b)["hidden1.weight"])
    scores = random([1, 1])(a)["hidden1.weight"]
    assert torch.equal(scores[0], scores[1])
    assert not torch.equal(*random([1, 2])(a)["hidden1.weight"])
    with pytest.raises(ValueError, match="3 seeds for 2 networks"):
        prune(a, rate=0.5, score=random([1, 2, 3]))


def test_movement_ranks_what_grew_above_what_was_drawn_large():
    initial = drawn()
    final = initial.clone()
    final.parameters["hidden1.weight"][:, 0, 0] = 5.0
    initial.parameters["hidden1.weight"][:, 0, 1] = 6.0
    final.parameters["hidden1.weight"][:, 0, 1] = 6.0
    scores = movement(initial)(final)["hidden1.weight"]
    assert (scores[:, 0, 0] > 1).all() and (scores[:, 0, 1] == 0).all()


def test_saliency_is_the_first_order_change_of_the_loss():
    class Data:
        pass

    data = Data()
    data.__dict__ |= vars(make_data())
    data.first = lambda n: data
    nets_here = drawn()
    scores = saliency(data)(nets_here)
    losses = []
    for factor in (1 - 1e-2, 1 + 1e-2):
        changed = nets_here.clone()
        changed.parameters["hidden2.weight"][1, 3, 4] *= factor
        outputs = stack.forward(changed, data.x_train, shared=True)[1].double()
        losses.append(torch.nn.functional.cross_entropy(outputs, data.y_train))
    slope = (losses[1] - losses[0]).abs().item() / 2e-2
    assert scores["hidden2.weight"][1, 3, 4].item() == pytest.approx(slope, rel=0.05, abs=1e-6)
    assert not any(t.requires_grad for t in scores.values())


def test_movement_counts_the_distance_in_either_direction():
    """Weights that end at 2 from 3, 1, 5 and -3 have moved by 1, 1, 3 and 5."""
    initial, final = drawn(), drawn()
    for place, start in enumerate((3.0, 1.0, 5.0, -3.0)):
        initial.parameters["hidden1.weight"][:, 0, place] = start
        final.parameters["hidden1.weight"][:, 0, place] = 2.0
    scores = movement(initial)(final)["hidden1.weight"]
    assert scores[:, 0, :4].tolist() == [[2, 2, 6, 10]] * 2
    assert all((each >= 0).all() for each in movement(initial)(final).values())


def test_saliency_does_not_ask_whether_the_loss_would_rise_or_fall():
    """A weight whose removal changes the loss much is kept, in either direction."""
    data = make_data()
    data.first = lambda n: data
    assert all((each >= 0).all() for each in saliency(data)(drawn()).values())


def test_saliency_names_the_layer_that_has_no_gradient():
    """A head that forward leaves out has no saliency; taken for 0, it would be pruned first."""
    class Aside(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.aside, self.out = torch.nn.Linear(12, 3), torch.nn.Linear(12, 4)

        def forward(self, x):
            return self.out(x)

    data, net = make_data(), Aside()
    data.first = lambda n: data
    with pytest.raises(ValueError, match="does not depend on 'aside.weight'.*prunable_as = None"):
        prune(stack.draw(net, [0]), rate=0.5, score=saliency(data))
    net.aside.prunable_as = None
    assert list(prune(stack.draw(net, [0]), rate=0.5, score=saliency(data))) == ["out.weight"]
