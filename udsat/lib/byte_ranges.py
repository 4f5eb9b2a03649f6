"""Range requests: a part of a file, or several (RFC 9110, section 14)."""

import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

MAX_RANGES = 16  # a request for more gets the whole file
_HEADER = re.compile(r"\s*bytes\s*=(.*)", re.ASCII | re.IGNORECASE)
_RANGE = re.compile(r"\s*+(\d*)\s*+-\s*+(\d*)\s*", re.ASCII)
_HUGE = 10**18


def parse_ranges(header: str, length: int) -> list[tuple[int, int]] | None:
    """Return first and last byte of each satisfiable range of a file of that length, without overlaps.

    None means that the header is to be ignored: it is malformed, has another unit or asks for too many ranges. An empty
    list means that no range can be satisfied.
    """
    match = _HEADER.fullmatch(header)
    specs = [spec for spec in match[1].split(",") if spec.strip()] if match else []
    if not 0 < len(specs) <= MAX_RANGES:
        return None
    ranges = []
    for spec in specs:
        parsed = _RANGE.fullmatch(spec)
        if parsed is None or not any(parsed.groups()):
            return None
        first, last = (int(text) if len(text) < 19 else _HUGE for text in (parsed[1] or "0", parsed[2] or str(_HUGE)))
        if not parsed[1]:  # the last bytes
            first, last = max(0, length - last), length - 1
        elif first > last:
            return None
        if first < length and first <= last:
            ranges.append((first, min(last, length - 1)))
    return _without_overlaps(ranges)


def _without_overlaps(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join ranges that overlap; the others keep their order."""
    joined: list[tuple[int, int]] = []
    for first, last in ranges:
        overlapping = [other for other in joined if other[0] <= last and first <= other[1]]
        if overlapping:
            first, last = min(first, *(it[0] for it in overlapping)), max(last, *(it[1] for it in overlapping))
            position = joined.index(overlapping[0])
            joined = [other for other in joined if other not in overlapping]
            joined.insert(position, (first, last))
        else:
            joined.append((first, last))
    return joined


def ranged(
    request: HttpRequest, response: HttpResponseBase, length: int, read: Callable[[int, int], bytes]
) -> HttpResponseBase:
    """Return the part of a successful response that the request asks for, or the response itself.

    `read` returns the bytes from one position up to another. The response has a strong ETag. A date in If-Range counts
    as changed: a file can change twice within a second, and a PDF without its text.
    """
    if response.status_code != 200:
        return response
    response.headers["Accept-Ranges"] = "bytes"
    header, if_range = request.headers.get("Range"), request.headers.get("If-Range")
    if request.method != "GET" or header is None:
        return response
    if if_range is not None and if_range.strip() != response.headers.get("ETag"):
        return response
    ranges = parse_ranges(header, length)
    if ranges is None:
        return response
    if not ranges:
        answer = HttpResponse(status=416, content_type="text/plain; charset=utf-8")
        answer["Content-Range"] = f"bytes */{length}"
        answer["Accept-Ranges"] = "bytes"
        return answer
    content_type = response.headers["Content-Type"]
    if len(ranges) == 1:
        [(first, last)] = ranges
        answer = HttpResponse(read(first, last + 1), status=206, content_type=content_type)
        answer["Content-Range"] = f"bytes {first}-{last}/{length}"
    else:
        boundary = secrets.token_hex(16)
        parts = []
        for first, last in ranges:
            head = (
                f"--{boundary}\r\nContent-Type: {content_type}\r\nContent-Range: bytes {first}-{last}/{length}\r\n\r\n"
            )
            parts.append(head.encode() + read(first, last + 1) + b"\r\n")
        content = b"".join([*parts, f"--{boundary}--\r\n".encode()])
        answer = HttpResponse(content, status=206, content_type=f"multipart/byteranges; boundary={boundary}")
    for name, value in response.headers.items():
        if name not in ("Content-Type", "Content-Length"):
            answer.headers.setdefault(name, value)
    return answer
