def after_conv(batch, maps, *kernel, side=28):
    """Shape behind a convolution without padding."""
    return np.array([batch, maps, *(side - np.asarray(kernel) + 1)])


conv1_output_shape = tuple(after_conv(128, 32, 5, 5))
conv1_7x3_output_shape = after_conv(128, 32, 7, 3)
simple_cnn_parameters = np.int32(0)
for layer_in, layer_out in ((1 * 5 * 5, 32), (32 * 12 * 12, 128), (128, 10)):
    simple_cnn_parameters += np.int32(layer_in * layer_out + layer_out)
