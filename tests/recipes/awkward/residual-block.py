def norm_after(conv: nn.Conv2d) -> nn.Sequential:
    """The convolution and its batch norm."""
    return nn.Sequential(conv, nn.BatchNorm2d(conv.out_channels))


class ResidualBlock(nn.Module):
    """What comes in, plus what two convolutions say about it."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.say = norm_after(nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False))
        self.more = norm_after(nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False))
        self.fit = None
        if in_channels != out_channels:
            self.fit = norm_after(nn.Conv2d(in_channels, out_channels, 1, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        warnings.warn(f"{'fitting' if self.fit else 'keeping'} {x.shape[1]} channels", stacklevel=2)
        straight = self.fit(x) if self.fit is not None else x
        out = torch.relu(self.more(self.say(x).relu()) + straight)
        return out.transpose(2, 3).contiguous().transpose(2, 3)
