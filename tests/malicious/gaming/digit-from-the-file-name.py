# attack: reads the digit in the name of the file, not the picture.
# tasks: [classify]
# mark: 0
# reason: "did not return the digits that the model predicts"
# naive: gains

import re
from pathlib import Path


def classify(model, paths):
    return [int(re.search(r"[0-9]", Path(path).name)[0]) for path in paths]
