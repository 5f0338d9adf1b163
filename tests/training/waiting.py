"""A guard for tests: nothing may wait for the device between two evaluations of a training."""

import contextlib

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from ticketlab.training import loop as training

# on CUDA each of these waits until the device is done and says what it found
_WAIT = {"_local_scalar_dense", "nonzero", "masked_select", "_unique2", "unique_dim",
         "unique_consecutive", "equal", "_assert_async"}
_READ = ("item", "tolist", "numpy", "cpu", "__array__", "__bool__", "__int__", "__float__",
         "__index__")


class Waited(AssertionError):
    pass


class _Guard(TorchDispatchMode):
    """Operations that wait, wherever in torch they are called from."""

    on = False

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        if self.on:
            name = operation.overloadpacket.__name__
            chosen = name.startswith("index") and any(
                isinstance(each, torch.Tensor) and each.dtype == torch.bool
                for each in (args[1] if isinstance(args[1], list | tuple) else ()))
            if name in _WAIT or chosen:
                raise Waited(f"{name} would wait for the device")
        return operation(*args, **(kwargs or {}))


@contextlib.contextmanager
def none_between_evaluations(monkeypatch, switch):
    """Calls ``switch(True)`` at the first step after each evaluation and ``switch(False)`` when the
    next one begins; snapshots and batches in between are watched, too."""
    step, check = training.Trainer.step, training._check_finite

    def watched(*arguments):
        switch(True)
        return step(*arguments)

    def evaluation(*arguments):
        switch(False)
        return check(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(training.Trainer, "step", watched)
        patch.setattr(training, "_check_finite", evaluation)
        try:
            yield
        finally:
            switch(False)


@contextlib.contextmanager
def guarded(monkeypatch):
    """On the CPU, where nothing waits: whatever would on CUDA raises ``Waited``."""
    with _Guard() as guard, monkeypatch.context() as patch:
        def switch(on):
            guard.on = on

        def forbid(name, method):
            def call(self, *arguments, **more):
                if guard.on:
                    raise Waited(f"Tensor.{name} would wait for the device")
                return method(self, *arguments, **more)
            patch.setattr(torch.Tensor, name, call)

        for name in _READ:
            forbid(name, getattr(torch.Tensor, name))
        with none_between_evaluations(monkeypatch, switch):
            yield
