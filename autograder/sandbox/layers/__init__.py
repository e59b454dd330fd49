"""The layers of the sandbox, a file each, and the order in which a student process enters them.

| layer | keeps student code from |
|---|---|
| `namespaces` | other files, the network, other processes, shared memory: inside there are none; too much disk space |
| `bubblewrap` | the same, by the program `bwrap`: one box around the fork server and all of its student processes |
| `landlock` | files other than its room and the libraries, by whatever name; starting programs; links, special files |
| `seccomp` | sockets, signals to others, tracing, new namespaces, and every system call that is not in `syscalls.txt` |
| limits (`entering.py`) | too much memory, CPU time, too many processes, open files: for each process by itself |
| supervisor (`../supervisor.py`) | too much memory, disk space, too many processes: all together; outliving its end |

Every sandbox has one of the first three, Landlock too wherever the kernel has it, and all of the others.
`choice.py` says what a machine offers, `entering.py` applies the layers, and `linux.py` has the system calls for it.
"""
