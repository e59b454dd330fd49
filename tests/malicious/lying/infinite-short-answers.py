# attack: >-
#   Short answers that are infinite, and none: to make a whole number of them raises.
# tasks: [shapes]
# mark: 0
# reason: "was asked for a shape"
# seconds: 20
# naive: none

conv1_output_shape = (float("inf"), 24, 24)
simple_cnn_parameters = float("nan")
