"""Whether the tests would notice: one-line mistakes, put into a copy of the package one at a time.

Each mutant is a mistake that would go through unseen in a notebook and make its numbers wrong: a
metric of another split, a mask that does not hold, a state carried over, a seed that decides
nothing. The test named beside it must fail on it: only that one is run, so that a property is
protected by the test that states it, and not by luck elsewhere. Give parts of names for only some.

    make mutants                           make mutants ARGS="barrier order"
"""

import argparse
import compileall
import importlib
import os
import py_compile
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
LIMIT = 900  # seconds; a mistake that makes a test run on and on is noticed, too
# what the tests import anyway: once here, and not once a mutant
SLOW = ("torch", "torch.func", "hypothesis", "matplotlib.pyplot", "pandas", "pytest", "scipy.stats")

LOOP, RECIPE = "training/test_loop.py", "training/test_recipe.py"
ORDERS, HISTORY = "training/test_orders.py", "training/test_history.py"
JOINING, CROPS = "training/test_joining.py", "training/test_augmentation.py"
CUT, SCORES, MASKS = "pruning/test_cut.py", "pruning/test_scores.py", "pruning/test_masks.py"
ARMS = "lottery/test_arms.py"
SEARCH, TRIALS = "lottery/test_iterative_pruning.py", "lottery/test_trials.py"
INVARIANTS = "lottery/test_invariants.py"
REWINDING, COMPARISONS = "lottery/test_rewinding.py", "lottery/test_comparisons.py"
LINES, CHILDREN = "landscape/test_lines.py", "landscape/test_instability.py"
PRESSURE = "training/test_pressure.py"
PARAMETERS, INITIALISERS = "nets/test_parameters.py", "nets/test_initialisers.py"
OUTPUTS, TORCH_MASKS = "training/test_outputs.py", "pruning/test_torch_masks.py"
CLAIMS, SIMPLE = "test_claims.py", "nets/test_simple.py"
FILES, KEPT = "runs/test_files.py", "runs/test_training.py"
DIGESTS, UNITS = "basics/test_digests.py", "runs/test_units.py"


class Mutant(NamedTuple):
    """``old`` stands exactly once in ``file``, below ticketlab/; the test ``test`` (its name without
    ``test_``) of ``room``, below tests/, states the property that the mistake breaks."""

    name: str
    file: str
    old: str
    new: str
    room: str
    test: str

    @property
    def id(self) -> str:
        return f"tests/{self.room}::test_{self.test}"


MUTANTS = [Mutant(*each) for each in (
    # nets
    ("frozen weights are pruned", "nets/parameters.py",
     'not weight.requires_grad and "prunable_as" not in vars(module)', "False",
     PARAMETERS, "frozen_weights_are_not_prunable_unless_the_layer_asks"),
    ("a shared weight under its last name", "nets/parameters.py",
     "{id(parameter): name for name, parameter in net.named_parameters()}",
     "{id(parameter): name for name, parameter in net.named_parameters(remove_duplicate=False)}",
     PARAMETERS, "tied_weights_count_once_and_are_pruned_once"),
    ("weights that are computed anew are taken", "nets/parameters.py",
     "for what, name, cure in _computed(module, where):", "for what, name, cure in ():",
     PARAMETERS, "computed_weights_are_named_with_the_cure"),
    ("frozen statistics drawn anew", "nets/parameters.py",
     "if own and not any(parameter.requires_grad for parameter in own):", "if False:",
     INITIALISERS, "frozen_values_are_constants_of_the_net"),
    ("He's spread in place of Glorot's", "nets/initialisers.py",
     "_redraw(net, nn.init.xavier_normal_)", "_redraw(net, nn.init.kaiming_normal_)",
     SIMPLE, "glorot_has_the_papers_spread"),
    ("attention not drawn by the seed", "nets/initialisers.py",
     "elif (reset := _reset_of(net, name, module)) is not None:", "elif (reset := None) is not None:",
     INITIALISERS, "attention_is_drawn_anew_by_every_seed"),
    ("what no seed controls is let through", "nets/initialisers.py", "if orphans:", "if False:",
     INITIALISERS, "a_parameter_that_no_seed_controls_is_named_with_the_cure"),
    # training
    ("fewer outputs than classes", "training/outputs.py",
     " and outputs.shape[-1] >= data.classes:\n        return", ":\n        return",
     OUTPUTS, "an_output_that_does_not_fit_is_named_before_training_with_lines_that_cure_it"),
    ("draws that no seed of torch decides", "training/outputs.py",
     "if one.shape == other.shape and torch.allclose(one, other, 1e-3, 1e-5, equal_nan=True):",
     "if True:",
     OUTPUTS, "random_numbers_that_no_seed_of_torch_decides_are_named"),
    ("the check of outputs writes into the net", "training/outputs.py",
     "net = copy.deepcopy(stack.net, {id(tensor): tensor for tensor in held})", "net = stack.net",
     OUTPUTS, "the_check_leaves_net_values_and_random_state_as_they_were"),
    ("validation on the test split", "training/evaluation.py",
     "evaluate(stack, data.x_val, data.y_val)", "evaluate(stack, data.x_test, data.y_test)",
     LOOP, "each_metric_is_measured_on_the_split_that_it_names"),
    ("mask not applied after a step", "training/loop.py",
     "torch._foreach_mul_(self.masked, self.masks)", "pass",
     LOOP, "pruned_weights_are_zero_after_every_step"),
    ("mask not applied before the first step", "training/loop.py",
     "stack = apply_masks(stack, masks)", "pass",
     LOOP, "training_to_the_step_it_starts_at_only_evaluates"),
    ("learning rate one step ahead", "training/loop.py",
     "schedule.lr_at(step - 1), noise", "schedule.lr_at(step), noise",
     LOOP, "a_stack_trains_as_each_net_would_alone"),
    ("gradient shared by the stack", "training/loop.py",
     "self.scale / losses.shape[1]", "self.scale / losses.numel()",
     LOOP, "a_stack_trains_as_each_net_would_alone"),
    ("snapshot counted one step early", "training/loop.py",
     "kept[step] = trainer.snapshot(step)", "kept[step] = trainer.snapshot(step - 1)",
     LOOP, "a_run_that_is_continued_equals_one_that_never_stopped"),
    ("evaluation by the batch's own statistics", "training/evaluation.py",
     "part, shared=True, noise", "part, shared=True, training=True, noise",
     LOOP, "a_stack_trains_as_each_net_would_alone"),
    ("optimiser fresh after a break", "training/optimizers.py",
     "if state and kind in state.get(name, {}):", "if False:",
     LOOP, "a_run_that_is_continued_equals_one_that_never_stopped"),
    ("no weight decay", "training/optimizers.py",
     '"weight_decay": self.recipe.weight_decay', '"weight_decay": 0.0',
     LOOP, "a_stack_trains_as_each_net_would_alone"),
    ("order ignores the seed", "training/orders.py",
     "default_rng([seed, epoch])", "default_rng([0, epoch])",
     LOOP, "initialisation_and_data_order_are_two_seeds"),
    ("order the same in every epoch", "training/orders.py",
     "default_rng([seed, epoch])", "default_rng([seed, 0])",
     ORDERS, "the_order_covers_every_example_once_an_epoch_and_can_be_entered_anywhere"),
    ("epoch begun anew after a break", "training/orders.py",
     "at = step % per_epoch * batch", "at = (step - start) % per_epoch * batch",
     ORDERS, "the_order_covers_every_example_once_an_epoch_and_can_be_entered_anywhere"),
    ("drop one step late", "training/recipe.py", "sum(drop <= step", "sum(drop < step",
     RECIPE, "warmup_rises_linearly_and_drops_multiply"),
    ("warm-up from zero", "training/recipe.py",
     "(step + 1) / self.warmup", "step / self.warmup",
     RECIPE, "warmup_rises_linearly_and_drops_multiply"),
    ("early stop on test loss", "training/history.py",
     'self.curves["val_loss"].argmin(', 'self.curves["test_loss"].argmin(',
     HISTORY, "early_stopping_follows_validation_where_test_would_choose_another_step"),
    ("crops the same in every epoch", "training/augmentation.py",
     '[seed, epoch, *b"crop-flip"]', '[seed, 0, *b"crop-flip"]',
     CROPS, "draws_depend_on_the_seed_and_the_step_alone"),
    ("masks of other groups", "training/joining.py",
     "masks[each] for each in aboard", "masks[each] for each in sorted(aboard)",
     JOINING, "groups_that_join_out_of_order_keep_their_own_masks"),
    # pruning
    ("pruned weights compete with negative scores", "pruning/cut.py",
     "masked_fill(~masks[name], -torch.inf).flatten(1) for name in pool]\n        kept",
     "masked_fill(~masks[name], 0).flatten(1) for name in pool]\n        kept",
     CUT, "pruned_weights_stay_pruned_whatever_the_sign_of_the_scores"),
    ("magnitude with its sign", "pruning/scores.py",
     "stack.parameters[name].detach().abs()", "stack.parameters[name].detach()",
     SCORES, "magnitude_is_absolute"),
    ("ties the other way round", "pruning/selection.py",
     "ties.flip(1).cumsum(1, dtype=torch.int32).flip(1)", "ties.cumsum(1, dtype=torch.int32)",
     CUT, "of_equal_scores_the_first_goes_first"),
    ("the output layer's own rate ignored", "pruning/cut.py",
     "share.get(layer_name(name), share.get(kind))",
     'share.get("hidden", share.get(layer_name(name), share.get(kind)))',
     CUT, "the_papers_ladder_to_the_printed_digits"),
    ("rate of all weights", "pruning/cut.py",
     "keep = [n - round(shares[pool[0]] * n) for n in alive]",
     "keep = [n - round(shares[pool[0]] * sum(sizes)) for n in alive]",
     CUT, "the_ladder_is_what_pruning_does"),
    ("rate one round off", "pruning/cut.py",
     "1 - density ** (1 / rounds)", "1 - density ** (1 / (rounds + 1))",
     CUT, "rate_and_density_are_inverse"),
    ("movement only away from zero", "pruning/scores.py",
     "(stack.parameters[name] - initial.parameters[name]).detach().abs()",
     "(stack.parameters[name].abs() - initial.parameters[name].abs()).detach().clamp(0)",
     SCORES, "movement_counts_the_distance_in_either_direction"),
    ("movement with its sign", "pruning/scores.py",
     "(stack.parameters[name] - initial.parameters[name]).detach().abs()",
     "(stack.parameters[name] - initial.parameters[name]).detach()",
     SCORES, "movement_counts_the_distance_in_either_direction"),
    ("saliency with its sign", "pruning/scores.py",
     "(w * g).detach().abs()", "(w * g).detach()",
     SCORES, "saliency_does_not_ask_whether_the_loss_would_rise_or_fall"),
    ("one random score for all replicates", "pruning/scores.py",
     "default_rng([seed, 1])", "default_rng([seeds[0], 1])",
     SCORES, "random_scores_follow_their_seeds_and_ignore_the_weights"),
    ("density counts biases", "pruning/masks.py",
     "return kept.cpu().double() / sum(mask[0].numel() for",
     "return kept.cpu().double() / sum(mask[0].numel() + len(mask[0]) for",
     MASKS, "density_counts_weights_only"),
    ("masking changes the given stack", "pruning/masks.py",
     "pruned = stack.clone()", "pruned = stack",
     MASKS, "applying_masks_leaves_the_given_stack_as_it_was"),
    ("every mask taken for the first replicate's", "pruning/torch_masks.py",
     "masks[name][replicate] = mask != 0", "masks[name][0] = mask != 0",
     TORCH_MASKS, "there_and_back_gives_the_same_masks_network_and_digest"),
    ("parameters left where torch put them", "pruning/torch_masks.py",
     "owner._parameters[each] = owner._parameters.pop(each)", "pass",
     TORCH_MASKS, "there_and_back_gives_the_same_masks_network_and_digest"),
    ("a shared weight masked in one layer only", "pruning/torch_masks.py",
     "if (one is None) != (two is None) or one is not None", "if one is not None and two is not None",
     TORCH_MASKS, "a_weight_that_two_layers_share_is_masked_in_both_and_refused_if_masked_in_one"),
    # lottery
    ("rewind to the end", "lottery/iterative_pruning.py",
     "stem = run.snapshots[k] if k", "stem = run.end if k",
     SEARCH, "the_search_finds_what_a_plain_loop_finds_net_by_net"),
    ("momentum kept across rounds", "lottery/iterative_pruning.py",
     "masks), k, stem.optimizer)", "masks), k, run.end.optimizer)",
     SEARCH, "the_search_finds_what_a_plain_loop_finds_net_by_net"),
    ("cut by the weights of the rewind step", "lottery/iterative_pruning.py",
     "masks = prune(run.stack, masks,", "masks = prune(stem.stack, masks,",
     SEARCH, "the_search_finds_what_a_plain_loop_finds_net_by_net"),
    ("optimiser's state not checked", "lottery/invariants.py",
     "_demand(_same_state(start.optimizer, stem.optimizer),", "_demand(True,",
     INVARIANTS, "state_carried_over_from_the_round_before"),
    ("orders of the controls not paired", "lottery/iterative_pruning.py",
     "order_seeds=tickets.seeds * len(batch)", "order_seeds=[*range(R * len(batch))]",
     ARMS, "arms_are_paired_the_ticket_trained_again_is_the_ticket"),
    ("random arm with one seed", "lottery/arms.py",
     '_generator(seed, "random")', '_generator(tickets.seeds[0], "random")',
     ARMS, "shuffled_and_random_know_nothing_of_the_mask"),
    ("random arm with the first replicate's densities", "lottery/arms.py",
     "gone = (~mask).flatten(1).sum(1, keepdim=True)",
     "gone = (~mask).flatten(1).sum(1, keepdim=True)[:1]",
     ARMS, "random_has_the_tickets_density_in_every_layer_and_replicate_and_is_nested"),
    ("one shuffle for all replicates", "lottery/arms.py",
     '_generator(seed, "shuffled", level.number)', '_generator(0, "shuffled", level.number)',
     ARMS, "replicates_of_one_mask_are_shuffled_each_in_its_own_way"),
    ("shuffled across replicates", "lottery/arms.py",
     "masks[name] = mask.flatten(1).gather(1, order).view(mask.shape)",
     "masks[name] = mask.flatten()[torch.randperm(mask.numel())].view(mask.shape)",
     ARMS, "shuffled_permutes_each_mask_inside_its_layer_and_replicate"),
    ("signs of the initialisation", "lottery/arms.py",
     ", tickets.stem.stack", ", tickets.initial",
     ARMS, "signs_keeps_the_signs_of_the_rewind_step_and_the_magnitudes_of_reinit"),
    ("one redraw for all levels", "lottery/arms.py",
     '"redraw", level.number', '"redraw"',
     ARMS, "reinit_draws_every_weight_anew_at_each_level_and_the_same_at_each_call"),
    ("fine-tuning from a level later", "lottery/arms.py",
     "tickets.trials[level.number - 1]", "tickets.trials[level.number]",
     ARMS, "fine_tune_goes_on_from_the_trained_weights_it_was_cut_from"),
    ("fine-tuning at the first learning rate", "lottery/rewinding.py",
     "lr_at(total - 1)", "lr_at(0)",
     REWINDING, "trained_values_are_retrained_as_a_plain_loop_would"),
    ("learning rate rewound to the beginning", "lottery/rewinding.py",
     "masks), stem.step)", "masks), 0)",
     REWINDING, "trained_values_are_retrained_as_a_plain_loop_would"),
    ("table of validation accuracies", "lottery/trials.py",
     'run.last("test_accuracy")', 'run.last("val_accuracy")',
     TRIALS, "the_table_reports_test_accuracies_and_the_early_one_at_the_step_chosen_on_validation"),
    ("early accuracy the best on test", "lottery/trials.py",
     'run.at_best_step("test_accuracy")', 'run.curves["test_accuracy"].amax(0)',
     TRIALS, "the_table_reports_test_accuracies_and_the_early_one_at_the_step_chosen_on_validation"),
    ("holds with one end of the interval in the band", "claims.py",
     "if low in self.band and high in self.band:", "if low in self.band or high in self.band:",
     CLAIMS, "a_claim_is_undecided_where_its_interval_crosses_an_end_of_the_band"),
    ("undecided is said to fail", "claims.py",
     "if math.isnan(low) or self.band.misses(low, high):", "if True:",
     CLAIMS, "a_claim_is_undecided_where_its_interval_crosses_an_end_of_the_band"),
    ("a replicate that is no number is undecided", "claims.py",
     "if math.isnan(low) or self.band.misses(low, high):", "if self.band.misses(low, high):",
     CLAIMS, "a_replicate_that_is_not_a_number_decides_nothing_for_the_claim"),
    ("interval one-sided", "claims.py",
     "t.ppf((1 + confidence) / 2,", "t.ppf(confidence,",
     COMPARISONS, "the_interval_is_students_t_with_n_minus_1_degrees_of_freedom"),
    ("replicates paired as they come", "lottery/comparisons.py",
     '.sort_values("replicate")', "",
     COMPARISONS, "differences_are_paired_by_replicate"),
    # landscape
    ("roots follow gradients of weights", "training/pressure.py", ".mul_(self.exponent)", "",
     PRESSURE, "every_net_is_trained_as_the_papers_formulas_train_it_alone"),
    ("stale roots after a rewinding", "training/pressure.py",
     "torch.where(power(kept, self.exponent) == weights, kept, fresh)", "kept",
     PRESSURE, "weights_that_were_put_back_win_over_the_roots_of_the_moment"),
    ("a pressure changes no key", "runs/units.py",
     "if LATER.get(name) != value}", "if name not in LATER}",
     UNITS, "a_recipe_without_pressure_has_the_key_it_always_had_and_pressure_makes_another"),
    ("barrier above the higher end", "landscape/lines.py",
     "(self.error[0] + self.error[-1]) / 2", "self.error[[0, -1]].amax(0)",
     LINES, "a_barrier_is_the_highest_error_less_the_mean_of_the_ends"),
    ("line on the training split", "landscape/lines.py",
     'getattr(data, f"x_{split}"), getattr(data, f"y_{split}")',
     "data.x_train, data.y_train",
     LINES, "the_split_is_the_one_asked_for"),
    ("statistics not recomputed", "landscape/lines.py",
     "nets = recompute_norms(nets, data, examples=norm_examples, batch=batch)", "pass",
     LINES, "a_line_is_what_plain_modules_give_one_at_a_time"),
    ("children in one order", "landscape/instability.py",
     '[seed, child, *b"children"]', '[seed, 0, *b"children"]',
     CHILDREN, "no_order_is_that_of_the_parent_or_of_another_child"),
    ("one order for all replicates", "landscape/instability.py",
     "[_order_seed(seed, child) for seed in seeds]",
     "[_order_seed(seeds[0], child) for _ in seeds]",
     CHILDREN, "no_order_is_that_of_the_parent_or_of_another_child"),
    # runs
    ("digest ignores the dtype", "basics/digests.py", "{name} {tensor.dtype} ", "{name} ",
     DIGESTS, "tensors_that_differ_in_anything_have_another_digest"),
    ("checksum of a table not checked", "runs/files.py",
     "found == _checksum(table) and content ==", "content ==",
     FILES, "every_single_flipped_bit_and_every_missing_end_is_found"),
    ("digest of tensors not checked", "runs/files.py",
     'if notes.get("digest") != digest(tensors, _line(rest)):', "if False:",
     FILES, "every_single_flipped_bit_and_every_missing_end_is_found"),
    ("resumed one step late", "runs/units.py",
     'notes["step"], True,', 'notes["step"] + 1, True,',
     KEPT, "an_interrupted_run_goes_on_from_its_last_state"),
    ("masks not part of the key", "runs/units.py",
     "None if self.masks is None else digest(self.masks)", "None",
     UNITS, "whatever_decides_the_result_makes_it_another_run"),
    ("orders not part of the key", "runs/units.py",
     '"order_seeds": self.order_seeds', '"order_seeds": len(self.order_seeds)',
     UNITS, "whatever_decides_the_result_makes_it_another_run"),
    ("optimiser not part of the key", "runs/units.py",
     "digest(_flat(self.start))", "digest(_flat(self.start._replace(optimizer=None)))",
     UNITS, "whatever_decides_the_result_makes_it_another_run"),
    ("random numbers begun anew after a break", "runs/training.py",
     'torch.set_rng_state(state.random["cpu"])', "pass",
     KEPT, "dropout_is_decided_by_the_run_and_torchs_generator_is_left_alone"),
)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="only mutants whose name contains one of these")
    names = parser.parse_args().names
    chosen = [each for each in MUTANTS if not names or any(part in each.name for part in names)]
    if not chosen:
        sys.exit(f"no mutant is called so; there are {', '.join(each.name for each in MUTANTS)}")
    with tempfile.TemporaryDirectory(prefix="ticketlab-mutants-") as folder:
        copy = Path(folder)
        for name in ("ticketlab", "tests"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", copy)
        wrong = [each.name for each in MUTANTS
                 if (copy / "ticketlab" / each.file).read_text("utf-8").count(each.old) != 1]
        if wrong:
            sys.exit(f"the code has changed under these, write them anew: {', '.join(wrong)}")
        # bytecode that is checked by content: a file changed twice a second is not taken for itself
        compileall.compile_dir(copy, quiet=1,
                               invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
        for name in SLOW:
            importlib.import_module(name)
        return report(copy, chosen)


def report(copy: Path, chosen: list[Mutant]) -> int:
    began = time.monotonic()
    # tests that fail anyway would "notice" everything
    if fails(copy, sorted({each.id for each in chosen})):
        sys.exit("a test fails without any mistake, so nothing can be said\n"
                 + (copy / "output.txt").read_text()[-3000:])
    survived = []
    for number, mutant in enumerate(chosen, start=1):
        file = copy / "ticketlab" / mutant.file
        text = file.read_text("utf-8")
        file.write_text(text.replace(mutant.old, mutant.new), "utf-8")
        killed = fails(copy, [mutant.id])
        file.write_text(text, "utf-8")
        survived += [] if killed else [mutant.name]
        print(f"{number:3} {'killed  ' if killed else 'SURVIVED'}  {mutant.name}", flush=True)
    print(f"{len(chosen) - len(survived)} of {len(chosen)} mistakes are noticed, "
          f"in {time.monotonic() - began:.0f} s")
    if survived:
        print(f"NOT noticed: {', '.join(survived)}")
    return int(bool(survived))


def fails(copy: Path, tests: list[str]) -> bool:
    """Whether a test fails, in a process of its own that only reads the copy."""
    child = os.fork()  # nothing of ours is imported yet, and torch has not computed anything
    if child == 0:
        with open(copy / "output.txt", "w") as output:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
        os.chdir(copy)
        os.environ["PYTHONPATH"] = sys.path[0] = str(copy)
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        signal.alarm(LIMIT)
        import pytest

        import ticketlab

        found = Path(ticketlab.__file__).is_relative_to(copy)
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-c", "pyproject.toml",
                            *tests]) if found else 5
        os._exit(code)
    status = os.waitpid(child, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1, 2, -signal.SIGALRM):  # 2: it cannot even be imported
        sys.exit(f"the tests could not be run ({code}):\n"
                 + (copy / "output.txt").read_text()[-3000:])
    return code != 0


if __name__ == "__main__":
    sys.exit(main())
