"""Machine code of the tree kernels: compiled once by numba, kept as an object file, loaded from then on by LLVM alone.

numba takes most of a second to import and two to compile; a kept object file is ready in a tenth. It lies in
``__pycache__`` beside the source, or where that may not be written in the user's cache folder, begins with its own
hash, and is named after everything that it depends on: what is damaged or out of date is compiled anew.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

__all__ = ["Kernel", "kernel"]

LOGGER: Final = logging.getLogger("leadscore.models")

_EFFECTS: Final = "leadscore_add_effects"
_SUMS: Final = "leadscore_sum_leaves"

_SOURCES: Final = ("tree_kernel.py", "tree_text.py", "tree_code.py")

_WHOLE, _ADDRESS = ctypes.c_int64, ctypes.c_void_p
_SUMS_TAKE: Final = (_WHOLE, *[_ADDRESS] * 5, *[_WHOLE] * 2, *[_ADDRESS] * 2)
_EFFECTS_TAKE: Final = (*_SUMS_TAKE, *[_ADDRESS] * 5)

_HASH_BYTES: Final = 32

_ENGINES: Final[list[Any]] = []
"""Loaded code lies in the memory of its engine, which must outlive it."""


class Kernel(NamedTuple):
    """What `tree_kernel` was compiled to; it takes addresses for pointers.

    Parameters
    ----------
    keeping
        Keeps the interpreter's lock: for a few rows, which take less time than to get it back beside a busy thread.
    leaving
        Lets go of it while it runs: for many rows.
    summing
        Sums the leaves, and keeps the lock.
    """

    keeping: Callable[..., None]
    leaving: Callable[..., None]
    summing: Callable[..., None]


@cache
def kernel() -> Kernel | None:
    """The kernel, loaded or compiled at the first call; None where there is no compiler, and LightGBM must explain."""
    try:
        return _load(_kept_or_compiled())
    except ImportError:
        LOGGER.info("no numba: LightGBM explains the scores, many times slower; pip install 'leadscore[serve]'")
    except Exception as error:  # A compiler that fails is as good as none, and a score needs its reasons all the same.
        LOGGER.warning("numba failed, and LightGBM explains the scores, many times slower: %s", error)
    return None


def _kept_or_compiled() -> bytes:
    file = f"tree_kernel-{_key()}.o"
    for folder in _folders():
        with suppress(OSError):
            content = (folder / file).read_bytes()
            code = content[_HASH_BYTES:]
            if content[:_HASH_BYTES] == hashlib.sha256(code).digest():
                return code
    code = _compile()
    for folder in _folders():
        with suppress(OSError):
            _keep(folder, file, hashlib.sha256(code).digest() + code)
            break
    return code


def _key() -> str:
    import llvmlite

    sources = b"".join(Path(__file__).with_name(name).read_bytes() for name in _SOURCES)
    return hashlib.sha256(repr((llvmlite.__version__, *_processor())).encode() + sources).hexdigest()[:16]


def _processor() -> tuple[str, str]:
    from llvmlite import binding

    return binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()


def _folders() -> Iterator[Path]:
    yield Path(__file__).parent / "__pycache__"
    with suppress(RuntimeError):  # no home
        yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadscore"


def _keep(folder: Path, file: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(folder / file)
    except OSError:
        Path(scratch).unlink(missing_ok=True)
        raise


def _compile() -> bytes:
    """Object file for this processor, which refers to nothing outside itself."""
    from llvmlite import binding

    from leadscore.models.tree_kernel import assemblies

    module, other = map(binding.parse_assembly, assemblies(_EFFECTS, _SUMS))
    for function in (*module.functions, *other.functions):
        # numba's wrapper reports errors to Python; once LLVM sees that there are none, it drops all that.
        if not function.is_declaration and function.name not in {_EFFECTS, _SUMS}:
            function.linkage = "internal"
    module.link_in(other)
    machine = _machine(*_processor())
    passes = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(speed_level=2))
    passes.getModulePassManager().run(module, passes)
    code: bytes = machine.emit_object(module)
    return code


def _machine(cpu: str = "", features: str = "") -> Any:
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple().create_target_machine(cpu=cpu, features=features, opt=3, jit=True)


def _load(code: bytes) -> Kernel:
    from llvmlite import binding

    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), _machine())
    engine.add_object_file(binding.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _ENGINES.append(engine)
    effects, sums = map(engine.get_function_address, (_EFFECTS, _SUMS))
    keeping, leaving = ctypes.PYFUNCTYPE(None, *_EFFECTS_TAKE), ctypes.CFUNCTYPE(None, *_EFFECTS_TAKE)
    return Kernel(keeping(effects), leaving(effects), ctypes.PYFUNCTYPE(None, *_SUMS_TAKE)(sums))
