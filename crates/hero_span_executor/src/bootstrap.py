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
raise SystemExit(hero_tracing._Host(channel, sys.argv[2]).serve())
