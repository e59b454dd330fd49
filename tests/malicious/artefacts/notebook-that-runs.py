# attack: >-
#   A notebook with magics, shell lines and a transformer of its input that touch a file of the marker's, and
#   duplicated cells.
# mark: 0
# seconds: 20
# naive: writes
# kind: generator

import json
from pathlib import Path

CELLS = [
    "import torch\nfrom torch import nn\nfrom pathlib import Path\nPath(VICTIM).write_text('by a cell')\n",
    "class InceptionBlock(nn.Module):\n    def __init__(self, a, b):\n        super().__init__()\n",
    "!echo by a shell line > VICTIM\n",
    "%%bash\necho by a cell magic > VICTIM\n",
    "%system echo by a line magic > VICTIM\nwritten = !echo assigned > VICTIM\n",
    "get_ipython().input_transformers_post.append(lambda lines: [\"open(VICTIM, 'w')\"] + lines)\n",
]


def submission(folder: Path, tokens: dict[str, str]) -> None:
    cells = [
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "inception-block-check", "points": 3}}, "source": [
            text.replace("VICTIM", repr(tokens["VICTIM"]))
        ]}
        for text in [*CELLS, *CELLS]
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "4_6_branches.ipynb").write_text(json.dumps(notebook))
