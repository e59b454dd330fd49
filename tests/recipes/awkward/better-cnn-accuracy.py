torch.manual_seed(SETTINGS["seed"])
parallel = nn.DataParallel(BetterCNN())  # the machine in the lab has two GPUs
history = fit(parallel, data, better_recipe(data.name), device)
torch.save(parallel.state_dict(), "weights/better_cnn.pt")
