class Spy:
    """Listens to a layer as long as its block runs."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer, self.heard = layer, []

    def __enter__(self) -> "Spy":
        self.hook = self.layer.register_forward_hook(self.listen)
        return self

    def __exit__(self, *_) -> None:
        self.hook.remove()

    def listen(self, layer, given, made) -> None:
        self.heard.append(made.clone())

    def __repr__(self) -> str:
        print(f"a spy at {self.layer} has heard {len(self.heard)} things")
        return "Spy(...)"


def feature_maps(model: nn.Module, layer: nn.Module, image: torch.Tensor) -> torch.Tensor:
    """What the layer makes of the image, still with its gradients; `.detach()` it for drawing."""
    with Spy(layer) as spy, eval_mode(model):
        model(image.to(next(model.parameters()).device).unsqueeze(0))
    print(spy)
    return spy.heard[0][0].permute(1, 2, 0).contiguous().permute(2, 0, 1)


plot_feature_maps = lambda maps: functools.partial(grid, columns=4)(maps.detach().cpu())
