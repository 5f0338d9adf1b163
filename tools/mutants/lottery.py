"""Searches, arms, comparisons and verdicts.

One mistake an entry, as ``Mutant`` has it.
"""

INVARIANTS = "lottery/test_invariants.py"
ARMS = "lottery/test_arms.py"
SEARCH = "lottery/test_iterative_pruning.py"
TRIALS = "lottery/test_trials.py"
REWINDING = "lottery/test_rewinding.py"
COMPARISONS = "lottery/test_comparisons.py"
CLAIMS = "test_claims.py"
PICKED = "lottery/test_picking.py"
MATCHING = "scaling/test_matching.py"
DESCENT = "scaling/test_double_descent.py"
NOISE = "data/test_label_noise.py"

MISTAKES = (
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
    ("masks as given and not as learned", "lottery/picking.py",
     "if recipe.trained == MASKS else masks", "if False else masks",
     PICKED, "each_trial_holds_what_was_learned_and_its_networks"),
    ("levels chosen on test", "scaling/matching.py",
     'values = rows["val_accuracy"].to_numpy()', 'values = rows["accuracy"].to_numpy()',
     MATCHING, "the_level_is_chosen_on_validation_and_test_is_reported"),
    ("the peak chosen on test", "scaling/double_descent.py",
     'for column in (by, "test_error")', 'for column in ("test_error", "test_error")',
     DESCENT, "widths_are_chosen_on_validation_and_reported_on_test"),
    ("a wrong label may be the right one", "data/label_noise.py",
     "generator.integers(1, data.classes, total)", "generator.integers(0, data.classes, total)",
     NOISE, "exactly_the_share_of_labels_is_wrong_and_all_else_is_untouched"),
)
