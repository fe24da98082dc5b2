"""Measures of specification 11: each figure beside a baseline of the same run, since times vary between machines.

    make bench                                    everything, at three sizes (×1 ×10 ×100)
    make bench ARGS="--size small"                everything, at the smallest size
    make bench ARGS="--only prepare --scale 5"    one row, five times as large: 10 k, 100 k, 1 M people
    make bench ARGS="--list"                      the rows and their sizes
    make bench ARGS="--json"                      one JSON line a figure, for keeping

A row is a module with `measure(number, database=…)`; each runs in processes of its own. The table of `rows.py` says
what is asked of it. Without PostgreSQL its figures are left out, and the last lines say so.
A baseline that takes long is measured before and after, and the mean is taken, so that what else the machine does
meets both. Rows of one core count processor time.
"""
