"""Qualify SMTP replies whose texts were never seen, beside a loop of `re` over the same patterns."""

import re
import time
from collections.abc import Iterator

from benchmarks.figures import Measured
from benchmarks.invent import replies

_BASELINE_TEXTS = 300
_WARM = 50
_TURNS = 10


def measure(number: int, *, database: str) -> Iterator[Measured]:
    """Measure `qualify_reply` as sending calls it: with the code and the recipient known; a part of each in turns."""
    from rebond.packs import load_qualifier, load_shipped_rules

    texts = replies(number + _WARM, seed=number)
    qualifier = load_qualifier()
    for code, text in texts[:_WARM]:
        qualifier.qualify_reply(text, code=code)
    unseen = texts[_WARM:]
    patterns = [re.compile(rule.text) for rule in load_shipped_rules() if rule.channel == "email"]
    some = [text.lower() for _, text in unseen[:_BASELINE_TEXTS]]
    ours = baseline = 0.0
    for turn in range(_TURNS):
        began = time.process_time()
        for code, text in unseen[turn::_TURNS]:
            qualifier.qualify_reply(text, code=code)
        between = time.process_time()
        for text in some[turn::_TURNS]:
            for pattern in patterns:
                if pattern.search(text):
                    break
        ours += between - began
        baseline += time.process_time() - between
    yield Measured(
        number=len(unseen),
        ours=ours,
        baseline=baseline,
        baseline_number=len(some),
        baseline_name=f"a re loop over {len(patterns)} patterns",
        note=f"processor time; {len({text for _, text in unseen}) / len(unseen):.0%} of the texts are distinct",
    )
