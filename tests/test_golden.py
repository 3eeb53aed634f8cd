"""The sample account's vault is the one in tests/golden/, whatever is under way at once."""

from difflib import unified_diff

import pytest

from tests.golden_vault import export_sample, golden, texts
from tobs.config import PipelineConfig

ORDERS = {
    "as it comes": PipelineConfig(),
    "page by page": PipelineConfig(enabled=False),
    "one thing at a time": PipelineConfig(fetch_workers=1, fetch_queue_size=1, process_queue_size=1),
    "threads": PipelineConfig(fetch_workers=8, process_workers=2),
}


@pytest.mark.parametrize("order", ORDERS)
def test_the_sample_looks_as_it_should(order, tmp_path):
    report = export_sample(tmp_path, ORDERS[order])
    assert not report.failures
    wanted, found = golden(), texts(tmp_path)
    changed = [name for name in sorted({*wanted, *found}) if wanted.get(name) != found.get(name)]
    assert not changed, "\n".join(
        ["notes changed; if they should, run `make golden` and read the diff before it is committed:", *changed]
        + [line for name in changed[:3] for line in difference(name, wanted.get(name, ""), found.get(name, ""))]
    )


def difference(name: str, wanted: str, found: str) -> list[str]:
    """The lines that differ, with a little of what is around them."""
    return [*unified_diff(wanted.splitlines(), found.splitlines(), f"golden/{name}", name, lineterm="", n=2)][:60]
