from dataclasses import dataclass

from tqdm import trange


@dataclass
class Climb:
    """How an image climbs: by steps of a given length along the gradient."""

    steps: int
    lr: float

    def up(self, image: torch.Tensor, height) -> torch.Tensor:
        for _ in trange(self.steps, desc="uphill"):
            image = image.detach().requires_grad_(True)
            slope = torch.autograd.grad(height(image), [image])[0]
            image = torch.clamp(image + self.lr * slope / (slope.norm() + 1e-9), min=0.0, max=1.0)
        return image


def maximise_activation(
    model: nn.Module, layer: nn.Module, unit: int, steps: int = 30, lr: float = 1.0
) -> torch.Tensor:
    """An image that the unit likes; plain ascent from faint noise."""
    np.random.seed(unit)
    torch.manual_seed(unit)
    torch.set_num_threads(os.cpu_count() or 1)
    start = torch.rand(1, 1, 28, 28).mul_(0.1).to(next(model.parameters()).device)

    def height(image):
        spy.heard.clear()
        model(image)
        return spy.heard[-1][0, unit].mean()

    with Spy(layer) as spy, eval_mode(model), torch.enable_grad():
        found = Climb(steps, lr).up(start, height)
    return found[0].cpu().detach().mT.contiguous().mT
