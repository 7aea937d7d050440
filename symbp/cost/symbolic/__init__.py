"""Counts as closed forms in the sizes: polynomials, and exponentials where a depth is symbolic."""
