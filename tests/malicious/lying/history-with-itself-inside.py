# attack: >-
#   a history and an accuracy that hold themselves, keys that are one text in two cases, and numbers of nearly 64 bits.
# tasks: [train-evaluate, best-model]
# mark: 0
# naive: none

LOOP = []
LOOP.append(LOOP)


def train(model, loader, epochs, device="cpu", lr=1e-3):
    entry = {"loss": 2**63 - 1, "LOSS": float("nan"), "acc": LOOP, ("acc",): 1e308}
    return [entry] * epochs


def evaluate(model, loader, device="cpu"):
    return {"accuracy": LOOP, 2**62: [1e308] * 100}


def best_model():
    return LOOP


experiments = [{"validation": LOOP, "Validation": [2**60, float("inf")], "change": "x" * 10**6, "expect": entry, "conclude": LOOP} for entry in range(200)]
