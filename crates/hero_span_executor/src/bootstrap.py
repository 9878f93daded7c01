"""Load a flow's file and run what the executor asks for: python3 -c THIS SOCKET FILE.

The executor listens on the Unix socket; what goes over it stands in hero_tracing.py, which
PYTHONPATH names the place of.
"""

import sys

# Where -c looks first is the working directory: the SDK wants no json.py of a flow's.
if sys.path[:1] == [""]:
    del sys.path[0]

import socket

import hero_tracing

channel = socket.socket(socket.AF_UNIX)
channel.connect(sys.argv[1])
try:
    raise SystemExit(hero_tracing._Host(channel, sys.argv[2]).serve())
except KeyboardInterrupt:
    # Python prints it, and dies of SIGINT as it should: what called the flow is left out.
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = lambda kind, error, trace: print(
            hero_tracing._traceback(error.with_traceback(trace and trace.tb_next)),
            end="",
            file=sys.stderr,
        )
    raise
