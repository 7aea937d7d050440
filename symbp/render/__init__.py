"""Derivations as LaTeX, text and JSON. Formats what stands in a derivation, and computes nothing."""
