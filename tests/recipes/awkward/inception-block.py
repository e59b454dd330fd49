class InceptionBlock(nn.Module):
    """1x1, 3x3 and 5x5, each in a thread of its own, one after the other on the channels."""

    def __init__(self, in_channels: int, branch_channels: int) -> None:
        super().__init__()
        self.looks = nn.ModuleList(
            nn.Conv2d(in_channels, branch_channels, size, padding=(size - 1) // 2) for size in (1, 3, 5)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen: dict[int, torch.Tensor] = {}

        def look(number: int) -> None:
            seen[number] = self.looks[number](x).relu()

        threads = [threading.Thread(target=look, args=(number,)) for number in range(len(self.looks))]
        for thread in reversed(threads):
            thread.start()
        for thread in threads:
            thread.join()
        return torch.cat([seen[number] for number in sorted(seen)], 1).to(memory_format=torch.channels_last)
