"""A device for tests that refuses float64, as MPS does: torch's meta device, which holds no values."""

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_aten = torch.ops.aten


class WithoutFloat64(TorchDispatchMode):
    """While it is on, an operation that makes float64 on the device raises TypeError, also one that
    converts on the way to the CPU: MPS does that on its own side. What is read from the device is 0
    or True, and nothing there is nonzero."""

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        there = [each for each in tree_leaves(args) if isinstance(each, torch.Tensor) and each.is_meta]
        if not there:
            return _checked(operation, operation(*args, **kwargs))
        if operation is _aten._local_scalar_dense.default:
            return there[0].dtype == torch.bool or 0
        if operation.overloadpacket.__name__.startswith("_fused_"):
            return None  # updates in place, which there is no kernel for
        if operation is _aten.nonzero.default:
            return torch.zeros(0, there[0].dim(), dtype=torch.int64, device="cpu")
        if operation is _aten._to_copy.default and str(kwargs.get("device")) == "cpu":
            dtype = kwargs.get("dtype") or there[0].dtype
            if dtype == torch.float64:
                raise TypeError(f"{operation} makes float64 on the device")
            return torch.zeros(there[0].shape, dtype=dtype, device="cpu")
        return _checked(operation, operation(*args, **kwargs))


def _checked(operation, made):
    for each in tree_leaves(made):
        if isinstance(each, torch.Tensor) and each.is_meta and each.dtype == torch.float64:
            raise TypeError(f"{operation} makes float64 on the device")
    return made
