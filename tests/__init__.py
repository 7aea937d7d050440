"""The tests: one module for each room, golden files, properties."""
