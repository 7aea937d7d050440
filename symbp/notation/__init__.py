"""Notations as data: what each name is in a network, and the letters that a book gives to it."""
