"""The operators' room: jobs, queue, audit log, parameters, calendar, style guide."""
