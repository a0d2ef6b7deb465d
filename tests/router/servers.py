"""A small real HTTP server that stands for a lobby or a berth, and what it was asked."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import socketserver
import struct
import threading
import time
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Asked:
    """A request as it arrived."""

    method: str
    target: str
    headers: Message
    body: bytes


class Guest(BaseHTTPRequestHandler):
    """Answers by the last part of the path; everything else says who answers."""

    protocol_version = "HTTP/1.1"
    server: Backend

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.server.asked.append(Asked(self.command, self.path, self.headers, self.rfile.read(length)))
        name = self.path.partition("?")[0].rpartition("/")[2]
        getattr(self, f"say_{name}", self.say_name)()

    do_POST = do_GET  # noqa: N815 (the name http.server wants)

    def say_name(self) -> None:
        self.answer(200, json.dumps({"from": self.server.name, "target": self.path}))

    def say_own503(self) -> None:
        self.answer(503, "the dashboard's own")

    def say_own502(self) -> None:
        self.answer(502, "the dashboard's own")

    def say_policy(self) -> None:
        self.answer(200, "", {"Content-Security-Policy": "default-src 'none'"})

    def say_script(self) -> None:
        self.answer(200, "", {"Content-Type": "text/javascript"})

    def say_untyped(self) -> None:
        self.answer(200, "", {"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff"})

    def say_slow(self) -> None:
        time.sleep(2)
        self.say_name()

    def say_die(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True

    def say_reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def say_half(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")
        self.wfile.flush()
        self.say_die()

    def say_ws(self) -> None:
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.wfile.write(b"\x81" + bytes([len(self.server.name)]) + self.server.name.encode())
        self.wfile.flush()
        self.connection.recv(1024)
        self.close_connection = True

    def answer(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in ({"Content-Type": "text/html"} | (headers or {})).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@dataclass(eq=False)
class Backend(ThreadingHTTPServer):
    """A server on a free port of 127.0.0.1 or ::1."""

    name: str
    host: str = "127.0.0.1"
    asked: list[Asked] = field(default_factory=list)
    daemon_threads = True
    request_queue_size = 128

    def __post_init__(self) -> None:
        self.address_family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        super().__init__((self.host, 0), Guest)
        self.port: int = self.server_address[1]
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def last(self) -> Asked:
        return self.asked[-1]

    def server_bind(self) -> None:
        # Without the look-up of our own name that http.server makes.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        pass

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
