"""Who takes part from where, and what speaks against it. Places are kept as keyed hashes; people decide about what was paid."""
