# attack: >-
#   A figure whose `axes` and `savefig` do not end: they run when the grader looks at it, not in the student's
#   function.
# tasks: [filters]
# mark: 0
# reason: "timed out after"
# seconds: 20
# naive: hangs

import time

from matplotlib import pyplot
from matplotlib.figure import Figure


class Sleeps(Figure):
    def savefig(self, *args, **options):
        while True:
            time.sleep(1)

    axes = property(savefig)


def plot_filters(model):
    return pyplot.figure(FigureClass=Sleeps)
