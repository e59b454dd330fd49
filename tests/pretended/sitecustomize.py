"""A pretended machine, for whatever starts with this folder on PYTHONPATH and PRETEND=windows or PRETEND=macos.

Only this package's own modules see it: `sys.platform` is that machine's for them, and what Python lacks there is
missing from their `os`, `signal`, `socket`, `select` and `subprocess`. Libraries run as on Linux. On the pretended
macOS a fork is an error, since a process that has torch can crash after one.
"""

import importlib.abc
import importlib.machinery
import os
import re
import select
import stat
import subprocess
import sys
import types

LACKS = {
    "windows": {
        "os": """O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_PATH WEXITSTATUS WIFEXITED WNOHANG chown chroot fchmod
        fchown fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getpgrp getresuid getsid getuid killpg
        lchown listxattr memfd_create mkfifo mknod nice openpty pidfd_open pipe2 posix_spawn pread preadv pwrite readv
        sched_getaffinity sched_setaffinity sched_yield sendfile set_blocking setegid seteuid setgid setpgid setsid
        setuid statvfs sysconf uname unshare wait wait3 wait4 waitid writev""",
        "signal": """ITIMER_REAL SIGALRM SIGCHLD SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGUSR1 SIGUSR2 SIG_BLOCK alarm
        getitimer pause pthread_kill pthread_sigmask setitimer sigtimedwait sigwait""",
        "socket": "AF_ALG AF_NETLINK AF_PACKET AF_UNIX AF_VSOCK SCM_RIGHTS recv_fds send_fds",
        "select": "epoll poll",
        "subprocess": "",
        "modules": "fcntl grp pwd resource termios",
    },
    "macos": {
        "os": """O_PATH memfd_create pidfd_open pipe2 sched_getaffinity sched_setaffinity setns unshare
        listxattr getxattr""",
        "signal": "sigtimedwait",
        "socket": "AF_ALG AF_NETLINK AF_PACKET AF_VSOCK",
        "select": "epoll",
        "subprocess": "",
        "modules": "",
    },
}
PLATFORM = {"windows": ("win32", "Windows"), "macos": ("darwin", "Darwin")}


def only_sockets(read, write, other, seconds=None):
    """Windows' `select`."""
    for one in (*read, *write, *other):
        number = one if isinstance(one, int) else one.fileno()
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            raise OSError(10038, "An operation was attempted on something that is not a socket")
    return select.select(read, write, other, seconds)


class Popen(subprocess.Popen):
    """Windows' `Popen`."""

    def __init__(self, *arguments, **options):
        if options.get("preexec_fn") or options.get("pass_fds") or options.get("start_new_session"):
            raise ValueError("not supported on Windows platforms")
        super().__init__(*arguments, **options)


def refuse_fork():
    raise AssertionError("a process with torch was forked on macOS")


class Loader(importlib.machinery.SourceFileLoader):
    """Compiles a module as that machine would see it."""

    def get_code(self, fullname):
        text = self.get_data(self.path).decode()
        platform, system = PLATFORM[PRETENDED]
        text = text.replace("sys.platform", repr(platform)).replace("platform.system()", repr(system))
        text = re.sub(
            r"^(\s*)import (os|signal|socket|select|subprocess)$", r"\1import pretended_\2 as \2", text, flags=re.M
        )
        lacking = "|".join(LACKS[PRETENDED]["modules"].split())
        if lacking:
            text = re.sub(rf"^(\s*)import ({lacking})$", r"\1raise ModuleNotFoundError('no \2')", text, flags=re.M)
        return compile(text, self.path, "exec", dont_inherit=True)


class Finder(importlib.abc.MetaPathFinder):
    """Finds this package's modules."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] != "autograder":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


def pretend():
    """Makes the modules that lack something, and has this package's modules compiled with them."""
    for name in ("os", "signal", "socket", "select", "subprocess"):
        module = types.ModuleType(f"pretended_{name}")
        lacking = LACKS[PRETENDED][name].split()
        own = {key: value for key, value in vars(__import__(name)).items() if key not in lacking}
        vars(module).update({**own, "__name__": module.__name__, "__spec__": None})
        sys.modules[module.__name__] = module
    if PRETENDED == "windows":
        sys.modules["pretended_os"].name = "nt"
        sys.modules["pretended_subprocess"].Popen = Popen
        sys.modules["pretended_select"].select = only_sockets
    else:
        sys.modules["pretended_os"].fork = refuse_fork
    sys.meta_path.insert(0, Finder())


PRETENDED = os.environ.get("PRETEND")
if PRETENDED:
    pretend()
