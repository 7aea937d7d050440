"""Numbers: arithmetics, bodies as closures, sizes and points to try, and the comparison of two values."""
