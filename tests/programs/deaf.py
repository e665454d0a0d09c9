"""A worker that ends for nothing but SIGKILL."""

import os
import signal
from pathlib import Path

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGHUP})
Path(os.environ["OBEC_READY_FILE"]).touch()
while True:
    signal.pause()
