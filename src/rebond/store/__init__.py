"""The store: the only importer of models; `read` for queries, `write` for changes, values across the boundary."""
