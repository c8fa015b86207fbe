"""Tools that measure and attack the product from outside: the bench, the storm, the fault proxy."""
