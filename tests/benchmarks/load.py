"""Load on a server: requests per second by wrk, and the time of single requests."""

import http.client
import re
import statistics
import subprocess
import time
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

CONNECTIONS = 8
UNITS = {"us": 0.001, "ms": 1, "s": 1000}


@dataclass(frozen=True)
class Rate:
    per_second: float
    p99: float  # milliseconds


def rate(address: str, seconds: float = 2) -> Rate:
    """Return the rate at which a server answers one address over kept-alive connections. Raises on any error."""
    command = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "--timeout=60s",
        "--latency",
        "-H",
        "Accept-Encoding: gzip",
        address,
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", output).groups()
    return Rate(float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), float(number) * UNITS[unit])


def median_rate(rates: list[Rate]) -> Rate:
    return Rate(statistics.median(it.per_second for it in rates), statistics.median(it.p99 for it in rates))


@dataclass(frozen=True)
class Answer:
    milliseconds: float
    status: int
    body: bytes


class Browser:
    """One kept-alive connection, which asks for one address after the other, with a session's cookie if given."""

    def __init__(self, address: str, cookie: str = ""):
        self.headers = {"Cookie": cookie} if cookie else {}
        self.host = urlsplit(address).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=120)

    def get(self, path: str) -> Answer:
        start = time.perf_counter()
        self.connection.request("GET", quote(path, safe="/?&=+%"), headers=self.headers)
        response = self.connection.getresponse()
        body = response.read()
        return Answer((time.perf_counter() - start) * 1000, response.status, body)


def percentile_95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
