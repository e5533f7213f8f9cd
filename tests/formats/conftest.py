"""How many damages a recording takes in the conformance suite: all of them at night."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from ecogcat.testing import damage
from tests.conftest import JIT_OFF

# Of 60 cuts and 300 corruptions; readers of headers do the same with and without the JIT.
_SHARE = 8 if JIT_OFF else 1 if settings.default.max_examples >= 1000 else 3


@pytest.fixture(autouse=True, scope="package")
def fewer_damages() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("_N_CUTS", "_N_CORRUPTED"):
            patch.setattr(damage, name, getattr(damage, name) // _SHARE)
        yield
