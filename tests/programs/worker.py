"""A worker that says it is ready, works until it is told to end, and leaves a note that it ended in order."""

import os
import signal
from pathlib import Path

ready = Path(os.environ["OBEC_READY_FILE"])
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
ready.with_suffix(".drained").unlink(missing_ok=True)
ready.touch()
signal.sigwait({signal.SIGTERM})
ready.with_suffix(".drained").touch()
