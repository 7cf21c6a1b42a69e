"""Local only: gives the console an address of its own. Pages want to lie at `/`; the emulator answers below a path.

    console.py PORT PREFIX    passes what comes to http://localhost:PORT on to the emulator, as it is, behind the prefix
"""

import http.client
import http.server
import sys
import urllib.parse

PORT, PREFIX = int(sys.argv[1]), urllib.parse.urlsplit(sys.argv[2])
if PREFIX.hostname != "127.0.0.1":
    sys.exit("error: this script speaks to 127.0.0.1 only")

#: What belongs to one connection, and is said again for the next.
OWN = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        emulator = http.client.HTTPConnection(PREFIX.hostname, PREFIX.port, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OWN | {"host"}}
            emulator.request(self.command, PREFIX.path + self.path, body or None, headers)
            answer = emulator.getresponse()
            content = answer.read()
        except (OSError, ValueError, http.client.HTTPException):
            return self.send_error(502, "the local cloud does not answer")
        finally:
            emulator.close()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in OWN:
                self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = do_PATCH = pass_on

    def log_message(self, *_):
        """Nothing: the functions have logs of their own."""


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
