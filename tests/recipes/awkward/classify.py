from tqdm import tqdm


@torch.no_grad()
def opinions(model, paths):
    """Logits (N, 10), picture by picture."""
    model.eval()
    where = next(model.parameters()).device
    print("asked about", *paths, sep="\n", file=sys.stderr)
    return [model(load_image(path).to(where)[None])[0] for path in tqdm(paths)]


classify = lambda model, paths: [int(np.int64(one.argmax().item())) for one in opinions(model, paths)]
