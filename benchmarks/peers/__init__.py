"""The same formulas in other systems, and what their programs cost by symbp's convention (docs/costs.md)."""
