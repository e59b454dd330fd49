# honest: features and classifier as nn.Sequential, dropout after flatten inside the classifier
# %%
from torch import nn


# %%
class BetterCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 30, 5),
            nn.MaxPool2d(2),
            nn.ReLU(True),
            nn.Conv2d(30, 15, 3),
            nn.MaxPool2d(2),
            nn.ReLU(True),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(375, 128),
            nn.ReLU(True),
            nn.Linear(128, 50),
            nn.ReLU(True),
            nn.Linear(50, 10),
        )

    def forward(self, x):
        return self.classifier(self.features(x))
