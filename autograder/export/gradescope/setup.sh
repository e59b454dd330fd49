#!/usr/bin/env bash
# Runs once, as root, when Gradescope builds the container: Python, the course, bubblewrap, and the data set.
set -euo pipefail
root="${AUTOGRADER_ROOT:-/autograder}"

apt-get update
apt-get install -y python3 python3-venv bubblewrap
python3 -m venv "$root/venv"
# torch includes its GPU libraries, about 6 GB. For a CPU build, set PIP_EXTRA_INDEX_URL to an index that has one.
"$root/venv/bin/pip" install --quiet -c "$root/source/course/constraints.txt" -e "$root/source/course"
export MNIST_ROOT="${MNIST_ROOT:-$root/source/data}"
cd "$root/source/course"
# Fails the build, and not later the marking, if the data set cannot be had.
"$root/venv/bin/python" -m autograder.export.at_gradescope --prepare
# Shows which sandboxes work here. If none does, run_autograder will refuse to mark.
"$root/venv/bin/autograder" doctor || true
