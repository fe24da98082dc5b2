"""One module a row: `measure(number, database=…)` yields what it measured."""
