"""One kernel for bench/kernel: starts it through jupyter_client, answers lines with lines of JSON.

    python peers.py NAME SPEC_JSON CASE

CASE is start, cell, completion or interrupt; `run` does it once and tells its milliseconds."""

import itertools
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

name, spec, case = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
data = Path(tempfile.mkdtemp())
folder = data / "kernels" / name
folder.mkdir(parents=True)
(folder / "kernel.json").write_text(
    json.dumps({"display_name": name, "language": spec["language"], **spec["kernel"]})
)
os.environ["JUPYTER_PATH"] = str(data)
os.environ["LAYERBOOK_HISTORY"] = str(data / "history.jsonl")

from jupyter_client.manager import start_new_kernel  # noqa: E402


def say(**answer):
    print(json.dumps(answer), flush=True)


def run_cell(client, code, timeout=120):
    """Milliseconds from the request to the cell's idle."""
    begin = time.perf_counter()
    client.execute_interactive(code, timeout=timeout, output_hook=lambda message: None)
    return (time.perf_counter() - begin) * 1000


counter = itertools.count()


def start():
    begin = time.perf_counter()
    manager, client = start_new_kernel(kernel_name=name, startup_timeout=120)
    run_cell(client, spec["first"])
    elapsed = (time.perf_counter() - begin) * 1000
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return elapsed


def interrupt(manager, client):
    """Milliseconds from the stop of an endless loop to the end of its cell."""
    request = client.execute(spec["loop"])
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == request:
            break
    time.sleep(0.2)
    begin = time.perf_counter()
    manager.interrupt_kernel()
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != request or message["msg_type"] != "status":
            continue
        if message["content"]["execution_state"] == "idle":
            break
    client.get_shell_msg(timeout=60)
    return (time.perf_counter() - begin) * 1000


def complete(client):
    begin = time.perf_counter()
    client.complete(spec["complete"], reply=True, timeout=120)
    return (time.perf_counter() - begin) * 1000


if case == "start":
    do = start
    first = start()
else:
    manager, client = start_new_kernel(kernel_name=name, startup_timeout=120)
    first = run_cell(client, spec["first"])
    do = {
        # Another text each time: a kernel may keep what it knows of the last one.
        "cell": lambda: run_cell(client, spec["cell"].replace("COUNT", str(next(counter)))),
        "completion": lambda: complete(client),
        "interrupt": lambda: interrupt(manager, client),
    }[case]
say(parameters=0, firstMs=first)
for line in sys.stdin:
    command = line.strip()
    if command.startswith("run "):
        say(ms=do())
    elif command == "peak":
        # Of all children that have ended; the kernel's own share once it has gone.
        if case != "start":
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        say(peakMiB=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
    else:
        say()
