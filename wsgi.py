"""What the web server loads."""

from casework.app import create_app
from casework.core.logs import configure

configure()
app = create_app()
