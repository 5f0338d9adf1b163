"""Kept runs: keys, files, what goes on after a break.

One mistake an entry, as ``Mutant`` has it.
"""

FILES = "runs/test_files.py"
KEPT = "runs/test_training.py"
DIGESTS = "basics/test_digests.py"
KEYS = "runs/test_keys.py"

MISTAKES = (
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
    ("masks not part of the key", "runs/keys.py",
     "None if self.masks is None else digest(self.masks)", "None",
     KEYS, "whatever_decides_the_result_makes_it_another_run"),
    ("orders not part of the key", "runs/keys.py",
     '"order_seeds": self.order_seeds', '"order_seeds": len(self.order_seeds)',
     KEYS, "whatever_decides_the_result_makes_it_another_run"),
    ("optimiser not part of the key", "runs/keys.py",
     "digest(flat(self.start))", "digest(flat(self.start._replace(optimizer=None)))",
     KEYS, "whatever_decides_the_result_makes_it_another_run"),
    ("dropout begins anew after a break", "training/loop.py",
     "schedule.lr_at(step - 1), noise(step)", "schedule.lr_at(step - 1), noise(step - moment.step)",
     KEPT, "dropout_is_decided_by_the_run_and_torchs_generator_is_left_alone"),
    ("torch's generator is left where training ends", "training/loop.py",
     "with forked(stack.device):", "if True:",
     KEPT, "dropout_is_decided_by_the_run_and_torchs_generator_is_left_alone"),
)
