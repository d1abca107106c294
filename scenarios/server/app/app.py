import json
import os
import time

TIMES = json.loads(os.environ["WEIR_SERVICE_TIMES"])


def app(environ, start_response):
    time.sleep(TIMES.get(environ["PATH_INFO"], TIMES["*"]))
    body = b"weir: ok\n"
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


application = app
