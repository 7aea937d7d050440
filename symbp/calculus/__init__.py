"""Model → gradients: the one form, the reverse sweep, and the derivation as data."""
