"""Gunicorn for `make run`: sync workers that share one preloaded application."""

import os

bind = f"fd://{os.environ['CASEWORK_LISTEN_FD']}"
workers = (os.cpu_count() or 1) + 1
preload_app = True
timeout = 60
graceful_timeout = 20
control_socket_disable = True  # it would be one socket for all instances of a user


def post_fork(server, worker):
    """Forget the connections of the preloaded application: two processes on one connection garble each other."""
    app = worker.app.wsgi()
    with app.app_context():
        for engine in app.extensions["sqlalchemy"].engines.values():
            engine.dispose(close=False)
