"""A score of one's own that cannot rank weights is named: the layer, what it gave and what is expected."""

import pytest
import torch

from ticketlab import draw, nets, pruning
from ticketlab.pruning.score_checks import check_scores

STACK = draw(nets.mlp(nets.Task((6,), 3), (4,)), range(2))
MASKS = pruning.dense(STACK)
FIRST, LAST = MASKS
LAYER = pruning.layer_name(FIRST)
SHAPE = tuple(MASKS[FIRST].shape)


def changed(**how):
    """A score that is magnitude, but for what ``how`` says of the first layer."""
    def score(stack):
        scores = pruning.magnitude(stack)
        scores[FIRST] = how["to"](scores[FIRST])
        return scores
    return score


WRONG = {
    "no dictionary": (lambda stack: list(pruning.magnitude(stack).values()), TypeError,
                      "gave a list; it must give a dictionary, .*" + FIRST),
    "another name": (lambda stack: {pruning.layer_name(name): own for name, own
                                    in pruning.magnitude(stack).items()}, ValueError,
                     rf"nothing for layer '{LAYER}' \(it gave '{LAYER}'\).*add '{FIRST}'"),
    "a layer less": (lambda stack: {LAST: pruning.magnitude(stack)[LAST]}, ValueError,
                     f"nothing for layer '{LAYER}'.*add '{FIRST}'"),
    "a list": (changed(to=lambda own: own.tolist()), TypeError, f"of layer '{LAYER}' is a list; .*torch tensor"),
    "one replicate": (changed(to=lambda own: own[0]), ValueError,
                      rf"'{LAYER}' has shape \(4, 6\); it must have \(2, 4, 6\)"),
    "one for all": (changed(to=lambda own: own[:1]), ValueError, r"has shape \(1, 4, 6\)"),
    "turned": (changed(to=lambda own: own.mT), ValueError, r"has shape \(2, 6, 4\)"),
    "whole numbers": (changed(to=lambda own: own.long()), ValueError, f"'{LAYER}' is torch.int64; .*float"),
    "truth": (changed(to=lambda own: own > 0), ValueError, "is torch.bool"),
    "complex": (changed(to=lambda own: own + 0j), ValueError, "is torch.complex64"),
    "elsewhere": (changed(to=lambda own: own.to("meta")), ValueError, r"is on meta .* on cpu; .*\.to\('cpu'\)"),
    "nan": (changed(to=lambda own: own * torch.nan), ValueError, "not finite, such as nan"),
    "infinite": (changed(to=lambda own: own / 0), ValueError, "not finite, such as inf"),
}


@pytest.mark.parametrize("scope", pruning.SCOPES)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_score_that_cannot_rank_is_named_with_the_cure(wrong, scope):
    score, error, says = WRONG[wrong]
    with pytest.raises(error, match=says):
        pruning.prune(STACK, rate=0.5, score=score, scope=scope)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_floating_kind_ranks(kind):
    ranked = pruning.prune(STACK, rate=0.5, score=lambda stack: {
        name: torch.arange(own.numel()).view(own.shape).to(kind) for name, own in MASKS.items()})
    assert all(mask.flatten(1)[:, mask[0].numel() // 2:].all() for mask in ranked.values())


def test_scores_of_biases_are_not_looked_at():
    every = pruning.prune(STACK, rate=0.5, score=lambda stack: {
        name: t.detach().abs() for name, t in stack.parameters.items()})
    ours = pruning.prune(STACK, rate=0.5)
    assert all(torch.equal(every[name], ours[name]) for name in ours)


def test_a_layer_that_is_left_alone_needs_no_score():
    rates = {LAYER: 0, pruning.layer_name(LAST): 0.5}
    masks = pruning.prune(STACK, rate=rates, score=lambda stack: {LAST: pruning.magnitude(stack)[LAST]})
    assert masks[FIRST].all() and not masks[LAST].all()
    check_scores({LAST: pruning.magnitude(STACK)[LAST]}, MASKS, [LAST])
