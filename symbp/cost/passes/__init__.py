"""Rules by which a program is made smaller; each turns a program into an equal one."""
