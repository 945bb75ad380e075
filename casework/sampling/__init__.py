"""The sampling room: items, plans, campaigns, sealed draws and officers."""
