# attack: >-
#   A class body that never ends, which runs when the class is looked at.
# mark: 0
# reason: "did not finish loading within"
# seconds: 20
# naive: hangs

class InceptionBlock:
    while True:
        pass
