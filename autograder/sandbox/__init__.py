"""The one place for untrusted code: processes, the wire between them, and the sandbox around the last of them.

Theory of operation
===================

    grader's worker ----- socket: settings, descriptors -----> fork server
      |   ^   ^                                                    | forks
      |   |   '-- socket: time used, "end it", the reason --> supervisor
      |   |                                                        | forks
      |   |                                                    namespace init
      |   |                                                        | forks
      |   '------ pipe: replies ------------------------------ student process
      '---------- pipe: requests ----------------------------> student process

`ps` shows these titles. One worker has one fork server; each student process has its own supervisor, init and pipes.

The grader's worker asks and judges; it alone is trusted with expected values, hidden images, labels and results. It
    never imports or unpickles anything from a submission. What it reads from a student process are frames of limited
    length: JSON and plain arrays (`wire.py`). Its handles are `ForkServer` (`fork_server.py`) and `StudentProcess`
    (`client.py`); a check sees only a `Respondent` (`respondent.py`).
The fork server holds the libraries (`fork_server_main.py`), since importing torch takes seconds and a fork takes
    milliseconds. It starts before a submission is read, computes nothing, and runs a copy of this package without
    checks, answers and mistakes (`public_copy.py`) in a clean environment (`environment.py`). For each request it forks
    a supervisor. A worker's own fork server comes from the process that becomes the worker, forked when that has
    imported the libraries and nothing else (`grading/worker_start.py`); any other one is a program of its own.
The supervisor (`supervisor.py`) adds up what all processes of its student use (`usage.py`, `rooms.py`), and ends them.
    It runs no student code, and keeps the grader's user id, so that it may end them.
The init (`namespace_init.py`) exists only where the sandbox has namespaces: it builds a file system that holds nothing
    but the libraries and the room, and is process 1 in there.
The student process (`student_process_main.py`) enters the remaining layers (`layers/`), tells the grader that it is
    ready, then loads definitions and runs the lab's procedures on them (`student.py`). It can read the libraries and
    its copy of the submission, write to its room, and use its two pipes. If root marks, it has a user id of its own.

Who ends whom
-------------
The grader ends a student process by closing the supervisor's socket: after a timeout, a malformed reply, or the last
question (`StudentProcess.end`). The supervisor kills everything of the student's, removes the room and answers with the
reason; only then does the grader go on. Limits of time are the grader's, who asks the supervisor how much of it was the
student's (`student_time.py`: a busy machine's is not); limits on memory, processes and disk space are
the supervisor's, and for each single process the kernel's.

What happens when one dies
--------------------------
student process: the supervisor ends whatever it has started, and exits. The grader finds the pipe closed; that question
    fails with a `StudentError`, and the next one starts a fresh process.
namespace init: the kernel ends every process in its namespace; then as above.
supervisor: the kernel kills its init, and with it the namespace. Without a namespace, the student process lives on
    until it next reads from its pipe, which is closed by then, or with bubblewrap until the fork server ends.
fork server: running student processes go on (with bubblewrap, they die with it). The next fork raises a
    `ForkServerError`: a failure of the grader, which withholds a mark and never lowers it.
worker: its sockets close. The fork server exits, and each supervisor ends its student's processes.

Who may hear whom
-----------------
Layers keep processes from files, signals and memory of others, but not from what the kernel counts for all of them: the
number of a fresh pipe says how many others have opened. So it is a matter of order (`labs/respondents.py`): before the
first hidden question, every process of the student that was asked something public is ended, and none is asked
afterwards. Only another student's process can listen then; `docs/evidence.md` says what remains.

The sandbox
-----------
`layers/__init__.py` says what each layer keeps out; `layers/choice.py` what this machine offers. `proof/` tries every
promise from inside before the first submission is marked; where one is broken, nothing is marked.

Without the grader
------------------
On a student's own machine there is no sandbox, and `layers/` and `proof/` are not installed. `own_machine.py` forks the
fork server from the self-check itself. Windows can't fork, and macOS not safely once torch is imported: there
`own_program.py` starts a new process for each student process. `own_kernel.py` asks a notebook's kernel, with no second
process at all.
"""
