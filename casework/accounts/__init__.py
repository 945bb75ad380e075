"""Staff, roles, organisation tree, sign-in, and who may see which rows."""
