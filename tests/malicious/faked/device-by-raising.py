# attack: functions that only raise, since whether they would run on a device that holds no values cannot be told.
# tasks: [train-evaluate]
# reason: "Blocked until `train` works on the CPU"
# naive: none

def train(model, loader, epochs, device="cpu", lr=1e-3):
    raise ValueError("no")
def evaluate(model, loader, device="cpu"):
    raise ValueError("no")
