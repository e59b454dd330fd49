# attack: >-
#   Short answers that are infinite, and none: to make a whole number of them raises.
# tasks: [shapes]
# mark: 0
# reason: "should be a shape such as"
# seconds: 20
# naive: none

conv1_output_shape = (float("inf"), 24, 24)
simple_cnn_parameters = float("nan")
