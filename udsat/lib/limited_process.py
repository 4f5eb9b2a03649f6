"""Run a function on an untrusted file in a process of its own, with limits of time and memory."""

import multiprocessing
import resource
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

from .failures import describe_failure
from .file_checks import MB, UnreadableDocument

SECONDS = 60
MEMORY = 1024 * MB
TOO_SLOW = (
    "Det tog over et minut at læse filen, og så stopper vi. Del den i flere filer, eller gem kun teksten som .txt, "
    "og prøv igen."
)
TOO_LARGE = "Filen kræver for meget hukommelse at læse. Del den i flere filer, eller gem kun teksten som .txt."

# A fork has loaded what the function needs. The process that calls must have no other threads.
_FORK: BaseContext = multiprocessing.get_context("fork")


class FailedProcess(Exception):
    """The function raised an unexpected exception, which the message describes, or the process was killed."""


def call_with_limits(
    function: Callable[..., Any],
    *arguments: Any,
    seconds: int = SECONDS,
    waiting_seconds: int | None = None,
    context: BaseContext = _FORK,
) -> Any:
    """Return what the function returns in a forked process, where it may not use the database.

    It has that many seconds of processor time, and as many of the clock unless `waiting_seconds` is given. A process
    with several threads passes the context of a fork server. The forked process ends with the one that calls.

    Raises UnreadableDocument if the function does or if it passes a limit, and FailedProcess for any other failure.
    """
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_call, args=(sender, seconds, function, arguments), daemon=True)  # type: ignore[attr-defined]
    process.start()
    sender.close()
    try:
        if not receiver.poll(seconds if waiting_seconds is None else waiting_seconds):
            raise UnreadableDocument(TOO_SLOW)
        result, error = receiver.recv()
    except (EOFError, OSError) as ended:
        process.join()
        if process.exitcode == -signal.SIGXCPU:
            raise UnreadableDocument(TOO_SLOW) from ended
        raise FailedProcess("The process was killed") from ended
    finally:
        process.kill()
        process.join()
        receiver.close()
    if error is not None:
        raise error
    return result


def _call(sender: Connection, seconds: int, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    # The limit of processor time ends a process that nobody waits for any more.
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    result: Any = None
    error: Exception | None = None
    try:
        result = function(*arguments)
    except UnreadableDocument as unreadable:
        error = UnreadableDocument(str(unreadable))
    except MemoryError:
        error = UnreadableDocument(TOO_LARGE)
    except Exception as unexpected:  # noqa: BLE001  Described to the caller.
        error = FailedProcess(describe_failure(unexpected))
    sender.send((result, error))
