# honest: the stub's dots are still there, and the values come in the lines below, then are printed
# %%
conv1_output_shape = ...
conv1_7x3_output_shape = ...
simple_cnn_parameters = ...
# 28 - 5 + 1 = 24
conv1_output_shape = (128, 32, 24, 24)
# 28 - 7 + 1 = 22, 28 - 3 + 1 = 26
conv1_7x3_output_shape = (128, 32, 22, 26)
# (25 + 1) * 32 + (4608 + 1) * 128 + (128 + 1) * 10
simple_cnn_parameters = (25 + 1) * 32 + (4608 + 1) * 128 + (128 + 1) * 10
print(conv1_output_shape, conv1_7x3_output_shape, simple_cnn_parameters)
