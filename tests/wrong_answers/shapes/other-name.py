# loses: conv1-output conv1-7x3-output
# says: Did you mean `conv1_shape` (4_1_simple_cnn.ipynb, cell 2)?
# says: The shape should have four numbers: batch, channels, height, width.
# never: Did you mean `simple_cnn_parameters`
# %%
conv1_shape = (128, 32, 24, 24)
conv1_7x3_output_shape = (22, 26)
simple_cnn_parameters = 592074
