"""Paper: numbered, drafted from frozen facts, approved, rendered, checkable. Knows no case and no draw."""
