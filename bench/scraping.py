"""Asks for a process's metrics every second, as Prometheus would: ``python -m bench.scraping URL``."""

from __future__ import annotations

import sys
import time
import urllib.request
from contextlib import suppress

EVERY_SECONDS = 1.0


def scrape(url: str) -> None:
    """Say on standard output that it begins, and ask until it is ended; what is not there yet is asked again."""
    print("asking", flush=True)
    while True:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            answer.read()
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    scrape(sys.argv[1])
