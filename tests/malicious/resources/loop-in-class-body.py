# attack: >-
#   A class body that never ends, which runs when the class is looked at.
# mark: 0
# reason: "seconds while loading"
# seconds: 20
# naive: hangs

class InceptionBlock:
    while True:
        pass
