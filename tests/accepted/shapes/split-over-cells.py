# honest: each value in a cell of its own, the last one from a list of tensors built in a loop, with a walrus
# %%
import math

# %%
conv1_output_shape = tuple([128, 32] + [28 - 5 + 1] * 2)

# %%
conv1_7x3_output_shape = conv1_output_shape[:2] + (28 - 7 + 1, 28 - 3 + 1)

# %%
sizes = []
if (flat := 32 * 12 * 12) == 4608:
    sizes.extend([(32, 25), (128, flat), (10, 128)])
simple_cnn_parameters = int(math.fsum(o * (i + 1) for o, i in sizes))
