# honest: plain numbers, with annotations
# %%
conv1_output_shape: tuple[int, int, int, int] = (128, 32, 24, 24)
conv1_7x3_output_shape: tuple[int, int, int, int] = (128, 32, 22, 26)
simple_cnn_parameters: int = 592_074
