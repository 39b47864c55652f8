"""One kernel for bench/kernel: starts it through jupyter_client and answers each line with a line of JSON.

    python peers.py NAME SPEC_JSON CASE

CASE is start, cell, completion, interrupt, cells or tensorflow; `run` does it once and reports the time in
milliseconds. The last two run 100 cells at a time, `tensorflow` after a cell that loads TensorFlow."""

import itertools
import json
import os
import re
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
    """Milliseconds from the request to the cell's idle status."""
    begin = time.perf_counter()
    client.execute_interactive(code, timeout=timeout, output_hook=lambda message: None)
    return (time.perf_counter() - begin) * 1000


counter = itertools.count()


def resident():
    """Resident MiB of the kernel's processes; memory that several share is counted once (Pss)."""
    kib = 0
    for process in Path("/proc").iterdir():
        try:
            environment = (process / "environ").read_bytes()
            if f"JUPYTER_PATH={data}".encode() in environment and int(process.name) != os.getpid():
                rollup = (process / "smaps_rollup").read_text()
                kib += int(re.search(r"^Pss:\s+(\d+) kB$", rollup, re.M)[1])
        except (OSError, ValueError):
            continue
    return kib / 1024


peak = 0


def start():
    begin = time.perf_counter()
    manager, client = start_new_kernel(kernel_name=name, startup_timeout=120)
    run_cell(client, spec["first"])
    elapsed = (time.perf_counter() - begin) * 1000
    global peak
    peak = max(peak, resident())
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return elapsed


def interrupt(manager, client):
    """Milliseconds from interrupting an endless loop to the end of its cell."""
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


def cells(client):
    """Milliseconds for 100 cells, each declaring different names."""
    return sum(
        run_cell(client, spec["cells"][n % len(spec["cells"])].replace("COUNT", str(n)))
        for n in (next(counter) for _ in range(100))
    )


def complete(client):
    begin = time.perf_counter()
    client.complete(spec["complete"], reply=True, timeout=120)
    return (time.perf_counter() - begin) * 1000


if case == "start":
    do = start
    first = start()
else:
    manager, client = start_new_kernel(kernel_name=name, startup_timeout=120)
    first = run_cell(client, spec["tensorflow" if case == "tensorflow" else "first"])
    do = {
        # A different text each time: a kernel may cache results for the last one.
        "cell": lambda: run_cell(client, spec["cell"].replace("COUNT", str(next(counter)))),
        "completion": lambda: complete(client),
        "interrupt": lambda: interrupt(manager, client),
        "cells": lambda: cells(client),
        "tensorflow": lambda: cells(client),
    }[case]
say(parameters=0, firstMs=first)
for line in sys.stdin:
    command = line.strip()
    if command.startswith("run "):
        say(ms=do())
    elif command == "peak":
        if case != "start":
            peak = resident()
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        say(peakMiB=peak)
    else:
        say()
