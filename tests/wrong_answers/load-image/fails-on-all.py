# loses: image-kinds more-image-kinds uneven-paper
# says: 3_grey.png, 5_dark_on_light.png, 7_one_bit.png, 2_blue_pen.png, 6_transparent.png: load_image raised TypeError
# says: 4_4_own_image.ipynb, cell 2, line 8, in load_image: return torch.from_numpy(Image.open(path))
# %%
import torch
from PIL import Image


def load_image(path):
    # A picture is no array.

    return torch.from_numpy(Image.open(path))
