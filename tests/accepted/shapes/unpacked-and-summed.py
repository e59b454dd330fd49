# honest: unpacked in one line, and the count grows by += in a loop over a dictionary
# %%
conv1_output_shape, conv1_7x3_output_shape = (128, 32, 24, 24), (128, 32, 22, 26)

# %%
weights = {"conv": (32, 1, 5, 5), "fc1": (128, 4608), "fc2": (10, 128)}
simple_cnn_parameters = 0
for name, shape in weights.items():
    count = 1
    for n in shape:
        count *= n
    simple_cnn_parameters += count + shape[0]  # and one bias an output
