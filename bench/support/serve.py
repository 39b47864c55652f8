"""The Python peers' counterpart of bench/support/contenders.ts: answers each line with a line of JSON."""

import json
import sys
import time


def peak_mib():
    try:
        for line in open("/proc/self/status"):
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


def reset_peak():
    try:
        with open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")
    except OSError:
        pass


def serve(once, **figures):
    def timed(times=1):
        start = time.perf_counter()
        for _ in range(times):
            once()
        return (time.perf_counter() - start) * 1e3 / times

    def say(**answer):
        print(json.dumps(answer), flush=True)

    say(firstMs=timed(), **figures)
    for line in sys.stdin:
        command = line.strip()
        if command.startswith("run "):
            say(ms=timed(int(command.split()[1])))
        elif command == "peak":
            say(peakMiB=peak_mib())
        else:
            reset_peak()
            say()
