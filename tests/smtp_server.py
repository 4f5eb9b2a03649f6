"""A small mail server (RFC 5321) that stores mails and can simulate the failures of a real one."""

import base64
import queue
import socket
import socketserver
import threading
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Delivery:
    """A received mail: envelope, raw bytes, and the parsed message."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def text(self) -> str:
        return self.message.get_body(("plain",)).get_content().replace("\r\n", "\n")

    @property
    def attachments(self) -> dict[str, bytes]:
        return {part.get_filename(): part.get_payload(decode=True) for part in self.message.iter_attachments()}


class Mailbox:
    """The received mails of all recipients, and the server that receives them."""

    def __init__(self):
        self.deliveries: list[Delivery] = []
        self.arrived: queue.Queue[Delivery] = queue.Queue()
        self.connections = 0
        self.refused: dict[str, int] = {}  # SMTP code by recipient
        self.refused_content = 0  # SMTP code for every mail, after its content
        self.break_off_next = ""  # disconnect "before" or "after" the next mail is stored
        self.password = ""  # of the user "udsat"; empty: no authentication
        self.meeting: threading.Barrier | None = None  # the first mail of each connection waits for the others
        self._server: _Server | None = None
        self._reserved_port: socket.socket | None = None
        self.port = 0
        self.start()

    def start(self):
        self._server = _Server(("127.0.0.1", self.port), _Session)
        self._server.mailbox = self
        self.port = self._server.server_address[1]
        if self._reserved_port:
            self._reserved_port.close()
            self._reserved_port = None
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            # Keep the port bound without listening, so that no other test's server can take it.
            self._reserved_port = socket.socket()
            self._reserved_port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._reserved_port.bind(("127.0.0.1", self.port))

    def to(self, address) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if address in delivery.recipients]

    def only(self) -> Delivery:
        [delivery] = self.deliveries
        return delivery

    def store(self, delivery):
        self.deliveries.append(delivery)
        self.arrived.put(delivery)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    mailbox: Mailbox


class _Session(socketserver.StreamRequestHandler):
    timeout = 60

    def reply(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.box = self.server.mailbox
        self.box.connections += 1
        self.is_authenticated, self.is_first = not self.box.password, True
        self.reset()
        self.reply("220 postkasse.example ESMTP")
        while line := self.rfile.readline().decode("ascii").rstrip("\r\n"):
            verb, _, rest = line.partition(" ")
            if self.handle_command(verb.upper(), rest) is False:
                break

    def reset(self):
        self.sender, self.recipients = "", []

    def handle_command(self, verb, rest):
        if verb == "EHLO":
            # No 8BITMIME and no SMTPUTF8: senders must encode everything as ASCII.
            self.reply("250-postkasse.example")
            if self.box.password:
                self.reply("250-AUTH PLAIN")
            self.reply("250 SIZE 20000000")
        elif verb == "AUTH":
            given = base64.b64decode(rest.partition(" ")[2]).decode()
            self.is_authenticated = given == f"\0udsat\0{self.box.password}"
            self.reply("235 Welcome" if self.is_authenticated else "535 Wrong password for udsat")
        elif verb == "MAIL":
            self.sender = address_in(rest)
            self.reply("250 OK" if self.is_authenticated else "530 Log in first")
        elif verb == "RCPT":
            to = address_in(rest)
            if code := self.box.refused.get(to):
                self.reply(f"{code} <{to}>: no")
            else:
                self.recipients.append(to)
                self.reply("250 OK")
        elif verb == "DATA":
            self.reply("354 Go on")
            return self.receive_mail()
        elif verb == "RSET":
            self.reset()
            self.reply("250 OK")
        elif verb == "QUIT":
            self.reply("221 Bye")
            return False
        else:
            self.reply("250 OK" if verb == "NOOP" else "502 Not here")
        return True

    def receive_mail(self):
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            assert line.endswith(b"\r\n") and len(line) <= 1000 and line.isascii(), line
            lines.append(line.removeprefix(b"."))
        if self.box.meeting and self.is_first:
            self.is_first = False
            self.box.meeting.wait(60)
        delivery = Delivery(self.sender, self.recipients, b"".join(lines))
        breaking, self.box.break_off_next = self.box.break_off_next, ""
        if breaking == "before":
            return False
        if self.box.refused_content:
            self.reply(f"{self.box.refused_content} Not this one, {self.recipients[0]}")
        else:
            self.box.store(delivery)
            if breaking == "after":
                return False
            self.reply("250 Kept")
        self.reset()
        return True


def address_in(rest):
    return rest.partition("<")[2].partition(">")[0]
