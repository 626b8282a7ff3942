"""moto as a server, with one request after another.

S3 looks at a condition and writes in one step. moto looks first and writes then, in as many threads as there are
requests: of 20 writers with one condition two may succeed.
"""

from io import BytesIO
from threading import Lock

from moto import server
from werkzeug.wsgi import get_input_stream


class OneAtATime(server.DomainDispatcherApplication):
    turn = Lock()

    def __call__(self, environ, start_response):
        # A client that sends slowly must not stop the others.
        body = get_input_stream(environ).read()
        whole = {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(body))}
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        with self.turn:
            return super().__call__({**environ, **whole}, start_response)


server.DomainDispatcherApplication = OneAtATime
server.main()
