"""TensorFlow as the other end of every file: what it writes we read, and the other way round."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from types import ModuleType

import pytest

SHARED_DATA = Path(__file__).resolve().parents[4] / "shared" / "data"


@pytest.fixture(scope="session")
def tf() -> ModuleType:
    """TensorFlow's own TF1 API, in graph mode."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its dependencies' deprecations are not ours to mend
        v1 = pytest.importorskip("tensorflow.compat.v1")
        v1.disable_v2_behavior()
    return v1


@pytest.fixture
def shared_data() -> Path:
    """Files that TF 1.0 wrote; a checkout that stands alone does not have them."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"{SHARED_DATA} is not there")
    return SHARED_DATA
