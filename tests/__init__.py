"""Tests of Casework: by room, house rules, stories, browser, faults."""
