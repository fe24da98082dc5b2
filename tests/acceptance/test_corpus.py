"""The floor of accuracy on real returns, when they stand beside the project."""

from pathlib import Path

from rebond.cli.score import score_folder
from rebond.packs import default_qualifier


def test_real_returns_are_read_no_worse_than_this(corpus: Path) -> None:
    score = score_folder(corpus, qualifier=default_qualifier())
    found = {name: 100 * tally.right / tally.of for name, tally in score.metrics.items()}
    assert found["recipient"] >= 97
    assert found["type"] >= 95
    assert found["reason"] >= 95
    assert found["complaints_found"] == 100
    assert score.false_positives == 0
