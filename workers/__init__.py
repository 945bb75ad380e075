"""What runs beside the web: relay, actors, schedule. Two tables tell the whole story: handlers.py and schedule.py."""
