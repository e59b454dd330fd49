# honest: numpy integers in the tuples and as the count
# %%
import numpy as np

image = np.array([28, 28])
conv1_output_shape = (128, 32, *(image - (5, 5) + 1))
conv1_7x3_output_shape = tuple(np.concatenate([[128, 32], image - [7, 3] + 1]))
simple_cnn_parameters = np.sum([32 * 25 + 32, 4608 * 128 + 128, 128 * 10 + 10])
