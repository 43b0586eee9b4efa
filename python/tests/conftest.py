"""Every test starts with the same random numbers: one that fails fails again."""

import pytest

import relume


@pytest.fixture(autouse=True)
def seeded():
    relume.manual_seed(1)
