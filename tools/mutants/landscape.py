"""Lines, planes, distances, symmetries, resets.

One mistake an entry, as ``Mutant`` has it.
"""

DISTANCES = "landscape/test_distances.py"
ROTATIONS = "landscape/test_rotations.py"
ALIGNMENT = "landscape/test_alignment.py"
LINES = "landscape/test_lines.py"
CHILDREN = "landscape/test_instability.py"
PRESSURE = "training/test_pressure.py"
KEYS = "runs/test_keys.py"
SYMMETRIES = "landscape/test_symmetries.py"
SURFACE = "landscape/test_surface.py"
RESETTING = "landscape/test_resetting.py"
SURVIVAL = "landscape/test_survival.py"
LINEAR = "landscape/test_linearisation.py"

MISTAKES = (
    ("roots follow gradients of weights", "training/pressure.py", ".mul_(self.exponent)", "",
     PRESSURE, "every_net_is_trained_as_the_papers_formulas_train_it_alone"),
    ("stale roots after a rewinding", "training/pressure.py",
     "torch.where(power(kept, self.exponent) == weights, kept, fresh)", "kept",
     PRESSURE, "weights_that_were_put_back_win_over_the_roots_of_the_moment"),
    ("a pressure changes no key", "runs/keys.py",
     "if LATER.get(name) != value}", "if name not in LATER}",
     KEYS, "a_recipe_without_pressure_has_the_key_it_always_had_and_pressure_makes_another"),
    ("barrier above the higher end", "landscape/lines.py",
     "(self.error[0] + self.error[-1]) / 2", "self.error[[0, -1]].amax(0)",
     LINES, "a_barrier_is_the_highest_error_less_the_mean_of_the_ends"),
    ("line on the training split", "landscape/lines.py",
     'getattr(data, f"x_{split}"), getattr(data, f"y_{split}")',
     "data.x_train, data.y_train",
     LINES, "the_split_is_the_one_asked_for"),
    ("statistics not recomputed", "landscape/lines.py",
     "there = recompute_norms(nets(some), data, examples=examples, batch=batch)", "there = nets(some)",
     LINES, "a_line_is_what_plain_modules_give_one_at_a_time"),
    ("children in one order", "landscape/instability.py",
     '[seed, child, *b"children"]', '[seed, 0, *b"children"]',
     CHILDREN, "no_order_is_that_of_the_parent_or_of_another_child"),
    ("one order for all replicates", "landscape/instability.py",
     "[_order_seed(seed, child) for seed in seeds]",
     "[_order_seed(seeds[0], child) for _ in seeds]",
     CHILDREN, "no_order_is_that_of_the_parent_or_of_another_child"),
    ("one side's distance only", "landscape/distances.py",
     "(kept_a[layer] * (1 - kept_b[layer]) + kept_b[layer] * (1 - kept_a[layer]))",
     "(2 * kept_a[layer] * (1 - kept_b[layer]))",
     DISTANCES, "masks_of_two_densities_differ_by_chance_on_either_side"),
    ("a unit's reader left behind", "landscape/symmetries.py",
     "tensors[reader] = _taken(tensors[reader], _columns(order, units[layer].each), 2)", "pass",
     SYMMETRIES, "renamed_and_scaled_units_compute_the_same_with_as_many_zeros"),
    ("a mask's reader left behind", "landscape/symmetries.py",
     "                                (units[layer].reader, _columns(order, units[layer].each), 2)):",
     "                                ):",
     SYMMETRIES, "masks_go_where_their_weights_go"),
    ("scaled twice instead of back", "landscape/symmetries.py",
     "shrink = 1 / factor", "shrink = factor",
     SYMMETRIES, "renamed_and_scaled_units_compute_the_same_with_as_many_zeros"),
    ("a rotation that is none", "landscape/rotations.py",
     "quarter = second @ first.T - first @ second.T", "quarter = second @ first.T + first @ second.T",
     ROTATIONS, "a_rotation_is_orthogonal_with_determinant_one"),
    ("matched without what reads the unit", "landscape/alignment.py",
     "return gain + _by_unit(a[own.reader], own) @ _by_unit(theirs, own).T", "return gain",
     ALIGNMENT, "one_layer_of_few_units_is_matched_as_well_as_can_be"),
    ("an equal assignment counts as a change", "landscape/alignment.py",
     "orders[own.layer], changed = order, True", "orders[own.layer] = order",
     ALIGNMENT, "renamed_units_are_found_again_with_noise_on_the_weights"),
    ("the plane's point mirrored", "landscape/surface.py",
     "grid = torch.cartesian_prod(y, x).flip(1)", "grid = torch.cartesian_prod(y, x)",
     SURFACE, "every_point_has_the_error_of_its_own_network"),
    ("distance outside as a square", "landscape/surface.py",
     "outside = (ways - places @ self.axes).norm(dim=1)",
     "outside = (ways - places @ self.axes).square().sum(1)",
     SURFACE, "what_lies_outside_is_said"),
    ("the other way round of a reset", "landscape/resetting.py",
     "interpolate(trained, initial, share)", "interpolate(trained, initial, 1 - share)",
     RESETTING, "the_layer_goes_that_share_of_the_way_and_nothing_else_moves"),
    ("statistics of before the reset", "landscape/resetting.py",
     "nets = recompute_norms(reset(trained, initial, layer, share), data)",
     "nets = reset(trained, initial, layer, share)",
     RESETTING, "the_table_is_each_layer_reset_and_evaluated_with_statistics_measured_anew"),
    ("alive without being read", "landscape/survival.py",
     "torch.logical_and(alive, read[layer])", "torch.logical_or(alive, read[layer])",
     SURVIVAL, "by_hand"),
    ("linear around the trained network", "landscape/linearisation.py",
     "jvp(lambda own: functional_call(self.start, own, (x,)), (start,), (moved,))",
     "jvp(lambda own: functional_call(self.start, own, (x,)), (dict(self.net.named_parameters()),), "
     "(moved,))",
     LINEAR, "it_begins_as_the_network_and_is_straight_in_the_weights"),
)
