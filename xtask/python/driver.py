"""What all drivers in Python share: requests from standard input, a JSON object a line, and answers to standard output.

`xtask/src/interop/driver.rs` says which requests there are. A driver is a class with a method for each of them.
"""

import asyncio
import base64
import inspect
import json
import sys
import threading

PATIENCE_SECONDS = 60


def serve(driver):
    """Answers requests until there are no more."""
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        method = getattr(driver, request.pop("do"))
        try:
            answer({"ok": method(**request)})
        except Exception as error:
            answer(refusal(error))


def serve_async(connect):
    """The same for a driver whose methods are coroutines."""

    async def run():
        driver = await connect()
        while line := await asyncio.to_thread(sys.stdin.readline):
            request = json.loads(line)
            method = getattr(driver, request.pop("do"))
            try:
                answer({"ok": await method(**request)})
            except Exception as error:
                answer(refusal(error))

    asyncio.run(run())


def refusal(error):
    """An error by Kafka's number, where the client tells it."""
    code = getattr(error, "errno", None)
    if not isinstance(code, int) and error.args and hasattr(error.args[0], "code"):
        code = error.args[0].code()
    return {"error": {"code": code, "text": f"{type(error).__name__}: {error}"}}


def answer(value):
    print(json.dumps(value), flush=True)


def end_of_input():
    """An event that is set once the other side has closed our input: what streams until told has to end."""
    ended = threading.Event()

    def wait():
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    return ended


def to_bytes(text):
    return None if text is None else base64.b64decode(text)


def to_text(data):
    return None if data is None else base64.b64encode(bytes(data)).decode()


def headers_to_bytes(record):
    return [(name, to_bytes(value)) for name, value in record.get("headers", [])]


def headers_to_text(headers):
    return [[name, to_text(value)] for name, value in headers or []]
