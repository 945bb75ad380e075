"""Complaints, reports, transferred and monitored clues."""
