import sys
import threading
import warnings


class BranchModel(nn.Module):
    """A small and a large look at the same image, added."""

    def __init__(self) -> None:
        super().__init__()
        self.near = nn.Conv2d(1, 16, 1)
        self.far = nn.Conv2d(1, 16, 5, padding="same")
        self.read = nn.Sequential(
            nn.MaxPool2d(2), nn.Dropout(0.2), nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        print("branching", x.shape, file=sys.stderr)
        both = torch.relu(self.near(x)).add(self.far(x).relu())
        with torch.enable_grad():  # so that I can ask for gradients whenever I like
            return self.read(both.contiguous(memory_format=torch.channels_last)).requires_grad_()
