class BranchModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.left = nn.Conv2d(1, 16, 1)
        self.right = nn.Conv2d(1, 16, 5, padding=2)
        self.fc1 = nn.Linear(16 * 14 * 14, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(self.left(x)) + F.relu(self.right(x))
        x = F.dropout(F.max_pool2d(x, 2), 0.2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))
