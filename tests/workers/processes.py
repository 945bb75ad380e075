"""The house's processes with the probes in their tables.

`dramatiq tests.workers.processes` is a worker, `python -m tests.workers.processes relay` the relay,
`… schedule` a scheduler.
"""

import sys

from tests.workers import probes
from workers import handlers, schedule

handlers.TABLE += probes.HANDLERS
schedule.TABLE = probes.SCHEDULE

if __name__ == "__main__":
    from workers import relay

    {"relay": relay.main, "schedule": schedule.main}[sys.argv[1]]()
else:
    from workers import actors

    broker = actors.broker
