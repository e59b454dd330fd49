# honest: worked out by the formula in helper functions of another cell
# %%
def out(size, k, p=0, s=1):
    return (size + 2 * p - k) // s + 1


# %%
N, C = 128, 32
conv = C * 1 * 5 * 5 + C
side = out(28, 5) // 2
fc1 = C * side * side * 128 + 128
fc2 = 128 * 10 + 10

# %%
conv1_output_shape = (N, C, out(28, 5), out(28, 5))
conv1_7x3_output_shape = (N, C, out(28, 7), out(28, 3))
simple_cnn_parameters = conv + fc1 + fc2
