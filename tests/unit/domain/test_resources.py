"""Resources of workers, as people ask for them."""

from __future__ import annotations

import pytest

from nbmlops.domain.resources import in_words, resources_of
from nbmlops.errors import UsageError


def test_resources_are_read_as_dask_reads_them() -> None:
    """By commas or blanks, and said again as they were typed."""
    found = resources_of("GPU=1,licence=0.5 nvidia.com/mig-1g.5gb=2")
    assert found == {"GPU": 1.0, "licence": 0.5, "nvidia.com/mig-1g.5gb": 2.0}
    assert in_words(found) == "1 GPU, licence=0.5, nvidia.com/mig-1g.5gb=2"
    assert in_words({"GPU": 2.0}) == "2 GPUs"


@pytest.mark.parametrize("text", ["", "GPU", "GPU=", "=1", "GPU=0", "GPU=-1", "GPU=nan", "G P=1"])
def test_what_is_no_resource_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no resource"):
        resources_of(text)


@pytest.mark.parametrize("name", ["MEMORY", "CPU", "cpus"])
def test_memory_and_processors_have_options_of_their_own(name: str) -> None:
    with pytest.raises(UsageError, match="no resource") as caught:
        resources_of(f"{name}=1")
    assert "--memory and --cpus" in str(caught.value.cure)
