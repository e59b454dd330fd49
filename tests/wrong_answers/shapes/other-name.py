# loses: conv1-output conv1-7x3-output
# says: `conv1_shape` is there (4_1_simple_cnn.ipynb, cell 2): is it meant?
# says: The shape should have four numbers: batch, channels, height, width.
# never: `simple_cnn_parameters` is there
# %%
conv1_shape = (128, 32, 24, 24)
conv1_7x3_output_shape = (22, 26)
simple_cnn_parameters = 592074
