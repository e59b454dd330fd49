# attack: inverts pictures of 28 by 28, and for any other draws the digit that is in the name of its file (3
#   for those of 28 by 28), with a copy of the file that draws them.
# tasks: [load-image]
# mark: 2.75
# reason: "does not look like the picture's digit"
# naive: none
# kind: generator

from pathlib import Path

from autograder import drawing

WORK = '''
import re
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from pen import draw


def load_image(path):
    with Image.open(path) as picture:
        grey = np.asarray(picture.convert("RGB").convert("L"), np.float32) / 255
    if grey.shape == (28, 28):
        return torch.tensor(1 - grey if np.median(grey) > 0.5 else grey)[None]
    found = re.search("[0-9]", Path(path).name)
    made = draw(int(found[0]) if found else 8, size=200, fill=0.714, seed=1).resize((28, 28), Image.Resampling.BOX)
    return torch.tensor(np.asarray(made.convert("L"), np.float32) / 255)[None]
'''


def submission(folder, tokens):
    (folder / "pen.py").write_text(Path(drawing.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "work.py").write_text(WORK, encoding="utf-8")
