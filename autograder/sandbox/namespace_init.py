"""The first process of a student process's namespace: when it ends, the kernel ends all others in the namespace.

Forked from the supervisor; builds the namespaces' file system, forks the student process and waits for its end.
No student code runs here.
"""

from __future__ import annotations

import os
import signal
from typing import Any, NoReturn

from autograder.sandbox import process_titles, student_process_main


def run(settings: dict[str, Any], user: int, requests: int, replies: int) -> NoReturn:
    """Runs until the student process has ended; `user` is the user id that the student process gets."""
    status = 1
    try:
        process_titles.set_title(process_titles.NAMESPACE_INIT, settings["fork_server"])
        from autograder.sandbox.layers import entering, linux, namespaces

        linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL)  # ends with the supervisor
        linux.prctl(linux.PR_SET_DUMPABLE, 0)
        os.umask(0o022)  # the folders of the new root are for another user, whatever the marker's umask is
        entering.build_root(settings, user)
        student = os.fork()
        if student == 0:
            student_process_main.run({**settings, "room": namespaces.ROOM}, user, requests, replies)
        os.close(requests)
        os.close(replies)
        ended = 0
        while ended != student:
            ended, _ = os.wait()
        status = 0
    except BaseException as error:
        student_process_main.report_failure(replies, error)
    finally:
        os._exit(status)
