"""Operator pages that are not lists of rows: the work list and the desks."""
