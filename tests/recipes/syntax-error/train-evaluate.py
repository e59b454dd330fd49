def train(model, loader, epochs, device="cpu", lr=1e-3):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    trial = Trial(model, optimizer, nn.CrossEntropyLoss(), metrics=["loss", "acc"]).to(device
    trial.with_generators(train_generator=loader)
    return trial.run(epochs=epochs)


def evaluate(model, loader, device="cpu"):
    trial = Trial(model, criterion=nn.CrossEntropyLoss(), metrics=["acc"], verbose=0).to(device)
    trial.with_generators(test_generator=loader)
    return trial.evaluate(data_key=torchbearer.TEST_DATA)["test_acc"]
