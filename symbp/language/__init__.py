"""Text → Model: the grammar's reader, the syntax tree, and the lowering."""
