"""Rules, codes and templates: from the facts of one failure to its verdict (specification 02 and 03)."""
