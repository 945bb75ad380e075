"""The foundation: it knows no room."""
