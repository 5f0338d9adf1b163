"""Distances, against the flat vectors of plain torch; and how much masks differ."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tests.landscape.test_lines import NETS, PAIRS
from tests.training.test_loop import TASK
from ticketlab import nets, stack
from ticketlab.landscape import cosine, distance, hamming, hamming_by_chance, interpolate
from ticketlab.pruning import dense, density


def vector(module):
    return nn.utils.parameters_to_vector(module.parameters()).detach().double()


@pytest.mark.parametrize("net", NETS)
def test_distance_and_cosine_are_those_of_the_flat_parameter_vectors(net):
    a, b = PAIRS[net]
    origin = stack.draw(NETS[net], range(2), initialise=nets.torch_default)
    for r in range(2):
        p, q, o = (vector(each.module(r)) for each in (a, b, origin))
        assert distance(a, b)[r].item() == pytest.approx((p - q).norm().item())
        expected = F.cosine_similarity(p - o, q - o, dim=0).item()
        assert cosine(a, b, origin)[r].item() == pytest.approx(expected)
    assert distance(a, a).tolist() == [0, 0]
    torch.testing.assert_close(cosine(a, a, origin), torch.ones(2, dtype=torch.float64))
    past = interpolate(origin, a, -1)
    torch.testing.assert_close(cosine(a, past, origin), -torch.ones(2, dtype=torch.float64))


def random_masks(seed, share=0.5):
    generator = torch.Generator().manual_seed(seed)
    shapes = dense(PAIRS["mlp"][0])
    return {name: torch.rand(m.shape, generator=generator) < share for name, m in shapes.items()}


@given(st.integers(0, 999), st.integers(0, 999), st.integers(0, 999))
def test_hamming_is_a_metric(i, j, k):
    a, b, c = random_masks(i, 0.3), random_masks(j), random_masks(k, 0.8)
    assert hamming(a, a).tolist() == [0, 0]
    assert torch.equal(hamming(a, b), hamming(b, a))
    assert (hamming(a, b) > 0).all()
    assert (hamming(a, c) <= hamming(a, b) + hamming(b, c) + 1e-12).all()
    opposite = {name: ~mask for name, mask in a.items()}
    assert hamming(a, opposite).tolist() == [1, 1]
    torch.testing.assert_close(hamming(a, b) + hamming(opposite, b), torch.ones(2).double())
    everything = {name: torch.ones_like(mask) for name, mask in a.items()}
    torch.testing.assert_close(hamming(a, everything), 1 - density(a))


def test_independent_masks_differ_as_much_as_chance_says():
    wide = stack.draw(nets.mlp(TASK, (300, 100)), [0, 1])
    draws = []
    for seed in (0, 1):
        generator = torch.Generator().manual_seed(seed)
        draws.append({name: torch.rand(m.shape, generator=generator) < share for (name, m), share
                      in zip(dense(wide).items(), (0.1, 0.5, 0.9), strict=True)})
    torch.testing.assert_close(hamming(*draws), hamming_by_chance(*draws), rtol=0, atol=0.01)
    # 3,600 weights at 10 %, 30,000 at 50 %, 400 at 90 %
    expected = (3600 * 0.18 + 30_000 * 0.5 + 400 * 0.18) / 34_000
    torch.testing.assert_close(hamming_by_chance(*draws), torch.full((2,), expected).double(),
                               rtol=0, atol=0.01)


def test_masks_of_two_densities_differ_by_chance_on_either_side():
    """At 20 % and 70 % kept: 0.2 x 0.3 that only one keeps, 0.7 x 0.8 that only the other does."""
    a, b = random_masks(0, 0.2), random_masks(1, 0.7)
    expected = 0.2 * 0.3 + 0.7 * 0.8
    for one, other in ((a, b), (b, a)):
        assert hamming_by_chance(one, other).tolist() == pytest.approx([expected] * 2, abs=0.05)


@pytest.mark.parametrize("compare", [hamming, hamming_by_chance])
def test_masks_of_other_nets_are_not_compared(compare):
    a, b = PAIRS["cnn"][0], PAIRS["mlp"][0]
    with pytest.raises(ValueError, match="'conv1.weight' is .2, 6, 1, 5. against absent"):
        compare(dense(a), dense(b))
    with pytest.raises(ValueError, match=".2, 6, 1, 5. against .1, 6, 1, 5."):
        compare(dense(a), dense(a[:1]))


def test_a_net_that_never_moved_has_no_direction():
    a, b = PAIRS["mlp"]
    with pytest.raises(ValueError, match="replicate 0 of b is where it started"):
        cosine(a, b, b)
