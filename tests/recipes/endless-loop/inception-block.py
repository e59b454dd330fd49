from my_blocks import convolution


class InceptionBlock(nn.Module):
    def __init__(self, in_channels, branch_channels):
        super().__init__()
        self.branches = nn.ModuleList([convolution(in_channels, branch_channels, size) for size in (1, 3, 5)])

    def forward(self, x):
        return torch.cat([F.relu(branch(x)) for branch in self.branches], 1)
