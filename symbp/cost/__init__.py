"""Sizes of formulas and counts of operations, both ways: written out whole, and with everything computed once."""
