"""Sockets that cannot be used, and a descriptor that the program closes."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import socket
import tempfile
from typing import Any

from support import (
    SdkTest,
    shape,
    tree,
)


def bound_socket(path: str, kind: int = socket.SOCK_STREAM) -> socket.socket:
    bound = socket.socket(socket.AF_UNIX, kind)
    bound.bind(path)
    return bound


class UnusableSocketTests(SdkTest):
    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="hero-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def at(self, name: str) -> str:
        return os.path.join(self.directory, name)

    def check_off(self, path: str) -> Any:
        """With this path the SDK is off: a step is the null span, and nothing is said."""
        sdk = self.load_sdk(path=path or None)
        if not path:
            os.environ["HERO_FLOW_SPAN_SOCK"] = ""
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            step = sdk.flow.step("load", a=1)
            with step:
                step.tag("key", 1).log("said")
            self.assertIs(step, sdk.flow.current_span)
            self.assertIsNone(sdk.flow.child_env({}).get("HERO_FLOW_PARENT_SPAN"))
        self.assertEqual(output.getvalue(), "")
        return sdk

    def test_paths_that_cannot_be_a_socket(self) -> None:
        """Empty, relative, too long, missing, or a file, a directory, a device."""
        with open(self.at("file"), "w"):
            pass
        os.mkfifo(self.at("fifo"))
        broken = self.at("link")
        os.symlink(self.at("nowhere"), broken)
        paths = ["", "span.sock", "./span.sock", "/" + "x" * 107, "/" + "x" * 5000, "/dev/null"]
        for path in [*paths, self.directory, self.at("file"), self.at("fifo"), broken, "/\udcff"]:
            with self.subTest(path=path):
                self.check_off(path)

    def test_a_relative_path_to_a_socket(self) -> None:
        """A path is absolute, or the SDK is off, even where it would lead somewhere."""
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(os.path.dirname(self.collector.path))
        self.check_off("span.sock")
        self.check_off("./span.sock")
        self.assertEqual(self.collector.connections, [])

    def test_nobody_listens(self) -> None:
        """A socket that is bound only, one left behind, one of datagrams."""
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            with bound_socket(self.at("bound %d" % kind), kind):
                self.check_off(self.at("bound %d" % kind))
            self.check_off(self.at("bound %d" % kind))

    def test_it_tries_once(self) -> None:
        """A collector that comes later is too late."""
        path = self.at("late.sock")
        sdk = self.check_off(path)
        with bound_socket(path) as listener:
            listener.listen()
            listener.setblocking(False)
            with sdk.flow.step("late"):
                pass
            with self.assertRaises(BlockingIOError):
                listener.accept()

    def test_permission_denied(self) -> None:
        """A socket that this user may not write to."""
        os.chmod(os.path.dirname(self.collector.path), 0o700)
        os.chmod(self.collector.path, 0o600)
        self.script("""
            import os
            from hero_tracing import flow
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            else:
                os.chmod(os.environ["HERO_FLOW_SPAN_SOCK"], 0)
            with flow.step("load") as step:
                assert step is flow.current_span and step.span_id is None
            """)
        self.assertEqual(self.collector.connections, [])

    def test_no_descriptors_left(self) -> None:
        """A process that can open nothing more traces nothing."""
        self.script("""
            import resource, socket
            from hero_tracing import flow
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
            with flow.step("load") as step:
                assert step.span_id is None
            """)

    def test_a_link_to_the_socket(self) -> None:
        """A link is as good as the socket."""
        os.symlink(self.collector.path, self.at("link"))
        with self.load_sdk(path=self.at("link")).flow.step("load"):
            pass
        self.assertEqual(shape(self.collector.events()), ["start load", "end ok"])

    def test_where_there_are_none(self) -> None:
        """As on Windows, which has no fcntl either: a flow runs, and nobody hears of it."""
        self.script("""
            import inspect, select, signal, socket, struct, sys, traceback, weakref
            sys.platform, sys.modules["fcntl"] = "win32", None
            del socket.AF_UNIX
            from hero_tracing import flow
            with flow.step("load") as load:
                load.tag("rows", 3)
                assert load.span_id is None
            """)

    def test_parents_that_are_none(self) -> None:
        """A parent that is not an id leaves the roots without one."""
        zero, upper, short = "0" * 16, "00000000DEADBEEF", "deadbeef"
        for parent in ("", zero, upper, short, "00000000deadbeef\n", " 0000000deadbeef", "é" * 16):
            with self.load_sdk(parent=parent).flow.step("load"):
                pass
            last = self.collector.connections[-1].events()
            self.assertEqual(tree(last), {"load": None})


class DescriptorTests(SdkTest):
    """The program closes the SDK's descriptor; a helper finds it by the kernel's list."""

    def our_descriptor(self) -> int:
        """The descriptor of the connection that the SDK in this process holds."""
        found: list[int] = []
        for name in os.listdir("/dev/fd"):
            with contextlib.suppress(OSError):
                duplicate = socket.socket(fileno=os.dup(int(name)))
                with duplicate:
                    if duplicate.getpeername() == self.collector.path:
                        found.append(int(name))
        self.assertEqual(len(found), 1)
        return found[0]

    def begin(self) -> tuple[Any, Any, int]:
        sdk = self.load_sdk()
        step = sdk.flow.step("load").__enter__()
        return sdk, step, self.our_descriptor()

    def check_off(self, sdk: Any, step: Any) -> None:
        for _ in range(3):
            step.tag("late", 1)
        self.assertIsNone(sdk.flow.step("off").span_id)

    def test_closed(self) -> None:
        """A number that serves nothing."""
        sdk, step, number = self.begin()
        os.close(number)
        self.check_off(sdk, step)
        with self.assertRaises(OSError) as caught:
            os.fstat(number)
        self.assertEqual(caught.exception.errno, errno.EBADF)

    def test_a_file(self) -> None:
        """A number that serves a file of the program's: it stays empty, and open."""
        sdk, step, number = self.begin()
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), number)
            self.check_off(sdk, step)
            os.lseek(number, 0, os.SEEK_SET)
            self.assertEqual(os.read(number, 100), b"")
            self.assertEqual(os.write(number, b"mine"), 4)
            os.close(number)

    def test_another_socket(self) -> None:
        """A number that serves another socket: nothing arrives at its other end."""
        sdk, step, number = self.begin()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            os.dup2(ours.fileno(), number)
            self.check_off(sdk, step)
            theirs.setblocking(False)
            with self.assertRaises(BlockingIOError):
                theirs.recv(100)
            os.close(number)

    def test_another_connection_to_the_collector(self) -> None:
        """Even one to the same collector, of somebody else's."""
        sdk, step, number = self.begin()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
            other.connect(self.collector.path)
            os.dup2(other.fileno(), number)
            self.check_off(sdk, step)
            os.close(number)
        self.assertEqual([bool(one.data) for one in self.collector.connections], [True, False])
