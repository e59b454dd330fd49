# attack: short answers of types that are derived from tuple and int and equal to whatever they are compared with.
# tasks: [shapes]
# mark: 0
# reason: "not the right shape"
# naive: gains

class Shape(tuple):
    def __eq__(self, other):
        return True

    __hash__ = tuple.__hash__


class Count(int):
    def __eq__(self, other):
        return True

    __hash__ = int.__hash__

    def __int__(self):
        return self

    __index__ = __int__


conv1_output_shape = Shape([1, 2, 3])
conv1_7x3_output_shape = Shape([1, 2, 3])
simple_cnn_parameters = Count(7)
