"""Derivation → Checks: what a reader can repeat by hand, worked out from the derivation and nothing else."""
