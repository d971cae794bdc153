"""LightGBM's boosters through its C interface: one row in microseconds, and no import of the Python package.

``import lightgbm`` brings scikit-learn and takes seconds; the library beside it loads in a tenth of one. A text that
was cut or edited ends the process inside the library: only a text whose hash was checked may come here.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["Booster", "BoosterError"]

Floats = npt.NDArray[np.float64]

_FLOAT64, _ROW_MAJOR, _ALL_TREES = 1, 1, -1
_RAW, _CONTRIBUTIONS = 1, 3

_FEW: Final = 16
"""Up to so many rows go one by one: a call for many sets itself up anew."""

_ROWS_FOR_THREADS: Final = 1000
"""Starting a team of threads costs more than scoring a few leads."""

_ENDINGS: Final = {"win32": "dll", "darwin": "dylib"}


class BoosterError(RuntimeError):
    """LightGBM refused a call; the message is its own."""


class Booster:
    """A booster that predicts, from any number of threads at once.

    Parameters
    ----------
    text
        What ``lightgbm.Booster.model_to_string`` gave.

    Raises
    ------
    BoosterError
        LightGBM cannot read the text.
    """

    def __init__(self, text: str) -> None:
        self._handle, trees = ctypes.c_void_p(), ctypes.c_int()
        _call("BoosterLoadModelFromString", text.encode(), ctypes.byref(trees), ctypes.byref(self._handle))
        columns = ctypes.c_int()
        _call("BoosterGetNumFeature", self._handle, ctypes.byref(columns))
        self.columns = columns.value
        self._single = _SingleRow(self._handle, self.columns)

    def __del__(self) -> None:
        if self._handle:
            _library().LGBM_BoosterFree(self._handle)

    def raw(self, X: Floats) -> Floats:
        """Sum of the trees for each row, the same bits alone and in any batch.

        Raises
        ------
        ValueError
            `X` has another number of columns than the booster learned from.
        """
        X = self._checked(X)
        return self._single(X) if len(X) <= _FEW else self._predict(X, _RAW, 1)[:, 0]

    def effects(self, X: Floats) -> Floats:
        """Exact TreeSHAP values of each row, as LightGBM computes them.

        Raises
        ------
        ValueError
            As for `raw`.
        """
        return self._predict(self._checked(X), _CONTRIBUTIONS, self.columns + 1)[:, :-1]

    def _checked(self, X: Floats) -> Floats:
        if X.shape[1] != self.columns:
            raise ValueError(f"the trees learned from {self.columns} columns, and there are {X.shape[1]}")
        return np.ascontiguousarray(X, dtype=float)

    def _predict(self, X: Floats, kind: int, width: int) -> Floats:
        out, length = np.empty((len(X), width)), ctypes.c_int64()
        if not len(X):  # LightGBM divides by the number of rows
            return out
        threads = b"num_threads=%d verbosity=-1" % (1 if len(X) < _ROWS_FOR_THREADS else 0)
        shape = (ctypes.c_int32(len(X)), ctypes.c_int32(self.columns), ctypes.c_int(_ROW_MAJOR))
        how = (ctypes.c_int(kind), ctypes.c_int(0), ctypes.c_int(_ALL_TREES), threads)
        data, found = ctypes.c_void_p(X.ctypes.data), ctypes.c_void_p(out.ctypes.data)
        _call("BoosterPredictForMat", self._handle, data, _FLOAT64, *shape, *how, ctypes.byref(length), found)
        return out


class _SingleRow(threading.local):
    """LightGBM's fast call for one row: a configuration that is set up once, and that no two threads may share.

    Parameters
    ----------
    booster
        Its handle.
    columns
        Of a row.
    """

    def __init__(self, booster: ctypes.c_void_p, columns: int) -> None:
        self._configuration, self._columns = ctypes.c_void_p(), columns
        how = (ctypes.c_int(_RAW), ctypes.c_int(0), ctypes.c_int(_ALL_TREES), ctypes.c_int(_FLOAT64))
        _call(
            "BoosterPredictForMatSingleRowFastInit", booster, *how, ctypes.c_int32(columns),
            b"num_threads=1 verbosity=-1", ctypes.byref(self._configuration),
        )  # fmt: skip
        self._length, self._found = ctypes.c_int64(), ctypes.c_double()
        self._out = (ctypes.byref(self._length), ctypes.byref(self._found))
        # Keeps the interpreter's lock: to let go of it and get it back beside a busy thread takes longer than a row.
        self._predict = ctypes.PyDLL(None, handle=_library()._handle).LGBM_BoosterPredictForMatSingleRowFast

    def __del__(self) -> None:
        if self._configuration:
            _library().LGBM_FastConfigFree(self._configuration)

    def __call__(self, X: Floats) -> Floats:
        raw, row = np.empty(len(X)), X.__array_interface__["data"][0]
        for i in range(len(X)):
            if self._predict(self._configuration, ctypes.c_void_p(row), *self._out):
                raise _error()
            raw[i] = self._found.value
            row += 8 * self._columns
        return raw


@cache
def _library() -> Any:
    """LightGBM's library, beside its package or wherever the package itself finds it."""
    spec = find_spec("lightgbm")
    if spec is None or spec.origin is None:
        raise ImportError("boosted trees need lightgbm: pip install lightgbm")
    package = Path(spec.origin).parent
    name = f"lib_lightgbm.{_ENDINGS.get(sys.platform, 'so')}"
    places = [folder / name for folder in (package / "lib", package / "bin", package, package.parent)]
    if any(map(Path.is_file, places)):
        library = ctypes.cdll.LoadLibrary(str(next(filter(Path.is_file, places))))
    else:
        from lightgbm import basic  # an import of seconds, and the only one who knows

        library = basic._LIB
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    return library


def _call(name: str, *arguments: Any) -> None:
    if getattr(_library(), f"LGBM_{name}")(*arguments):
        raise _error()


def _error() -> BoosterError:
    return BoosterError(_library().LGBM_GetLastError().decode())
